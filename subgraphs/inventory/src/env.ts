import { common, integer, loadEnv, port, postgresUrl, secret } from '@waygraph/kit/env';

export const envModel = {
  ...common,
  INVENTORY_PORT: port(4103),
  INVENTORY_DATABASE_URL: postgresUrl('postgres://inventory:inventory@127.0.0.1:5432/command'),
  READ_DATABASE_URL: postgresUrl('postgres://reader:reader@127.0.0.1:5432/read'),
  DATABASE_POOL: integer(6, { min: 1, max: 100 }),
  READ_DATABASE_POOL: integer(4, { min: 1, max: 100 }),
  GATEWAY_SECRET: secret(),
  CURSOR_SECRET: secret(),
};

export const readEnv = () => loadEnv(envModel);
