import { common, integer, loadEnv, port, postgresUrl, secret } from '@waygraph/kit/env';

export const envModel = {
  ...common,
  ORDERS_PORT: port(4101),
  ORDERS_DATABASE_URL: postgresUrl('postgres://orders:orders@127.0.0.1:5432/command'),
  READ_DATABASE_URL: postgresUrl('postgres://reader:reader@127.0.0.1:5432/read'),
  DATABASE_POOL: integer(6, { min: 1, max: 100 }),
  GATEWAY_SECRET: secret(),
  CURSOR_SECRET: secret(),
  SAGA_STEP_TIMEOUT_MS: integer(30_000, { min: 100, max: 3_600_000 }),
};

export const readEnv = () => loadEnv(envModel);
