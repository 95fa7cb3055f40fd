import { common, integer, loadEnv, port, postgresUrl, redisUrl, timeZone } from '@waygraph/kit/env';

export const envModel = {
  ...common,
  JOBS_PORT: port(4208),
  REDIS_URL: redisUrl('redis://127.0.0.1:6379'),
  READ_DATABASE_URL: postgresUrl('postgres://read_sync:read_sync@127.0.0.1:5432/read'),
  READ_DATABASE_POOL: integer(2, { min: 1, max: 50 }),
  /** Where business days begin and end. */
  BUSINESS_TIME_ZONE: timeZone('America/Sao_Paulo'),
};

export const readEnv = () => loadEnv(envModel);
