import { common, integer, loadEnv, port, postgresUrl, redisUrl, secret, timeZone } from '@waygraph/kit/env';

export const envModel = {
  ...common,
  ROUTING_PORT: port(4104),
  ROUTING_DATABASE_URL: postgresUrl('postgres://routing:routing@127.0.0.1:5432/command'),
  READ_DATABASE_URL: postgresUrl('postgres://reader:reader@127.0.0.1:5432/read'),
  REDIS_URL: redisUrl('redis://127.0.0.1:6379'),
  DATABASE_POOL: integer(6, { min: 1, max: 100 }),
  READ_DATABASE_POOL: integer(4, { min: 1, max: 100 }),
  BUSINESS_TIME_ZONE: timeZone('America/Sao_Paulo'),
  GATEWAY_SECRET: secret(),
  CURSOR_SECRET: secret(),
};

export const readEnv = () => loadEnv(envModel);
