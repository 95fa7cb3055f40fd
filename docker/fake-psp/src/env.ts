import { common, loadEnv, port, text } from '@waygraph/kit/env';

export const envModel = {
  ...common,
  FAKE_PSP_PORT: port(4190),
  FAKE_PSP_FILE: text('.data/fake-psp/ledger.jsonl'),
};

export const readEnv = () => loadEnv(envModel);
