import { audit, type Audit } from '@waygraph/auditor/audit';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';

const urls = () => {
  const url = (name: string): string => testEnv(`${name}_DATABASE_URL`);
  return {
    ...{ orders: url('ORDERS'), payments: url('PAYMENTS'), inventory: url('INVENTORY'), routing: url('ROUTING') },
    ...{ risk: url('RISK'), read: url('READ') },
  };
};

/** An event that has not come, or a row that was not copied, so long after everything is healed does not come any more. */
const graceMs = 20_000;

/**
 * The auditor's look at everything there is, once nothing is under way any more: what is still moving at the deadline is left out, as
 * it would be by the running auditor.
 */
export async function auditAll(timeoutMs = 60_000): Promise<Audit> {
  const deadline = performance.now() + timeoutMs;
  return await waitFor(
    async () => {
      const result = await audit({ urls: urls(), quietMs: 1_000, graceMs });
      return (result.underWay === 0 || performance.now() > deadline) && result;
    },
    { timeoutMs: timeoutMs + 60_000, intervalMs: 1_000, what: 'everything to be at rest' },
  );
}
