import { common, integer, loadEnv, port, postgresUrl, secret } from '@waygraph/kit/env';

export const envModel = {
  ...common,
  RISK_PORT: port(4105),
  RISK_DATABASE_URL: postgresUrl('postgres://risk:risk@127.0.0.1:5432/command'),
  DATABASE_POOL: integer(4, { min: 1, max: 100 }),
  GATEWAY_SECRET: secret(),
};

export const readEnv = () => loadEnv(envModel);
