import { common, integer, loadEnv, port, postgresUrl, secret } from '@waygraph/kit/env';

export const envModel = {
  ...common,
  ORDERS_PORT: port(4101),
  ORDERS_DATABASE_URL: postgresUrl('postgres://orders:orders@127.0.0.1:5432/command'),
  READ_DATABASE_URL: postgresUrl('postgres://reader:reader@127.0.0.1:5432/read'),
  DATABASE_POOL: integer(6, { min: 1, max: 100 }),
  GATEWAY_SECRET: secret(),
  CURSOR_SECRET: secret(),
};

export const readEnv = () => loadEnv(envModel);
