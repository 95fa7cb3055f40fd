import { loadEnv, postgresUrl } from '@waygraph/kit/env';

export const envModel = {
  INVENTORY_DATABASE_URL: postgresUrl('postgres://inventory:inventory@127.0.0.1:5432/command'),
  PAYMENTS_DATABASE_URL: postgresUrl('postgres://payments:payments@127.0.0.1:5432/command'),
  READ_SYNC_DATABASE_URL: postgresUrl('postgres://read_sync:read_sync@127.0.0.1:5432/read'),
};

export const readEnv = () => loadEnv(envModel);
