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

/** Besides the grace, for what is told meanwhile to be looked at too. */
const marginMs = 5_000;

/**
 * The auditor's look at what was told since then (at everything there is, without it), once nothing is under way any more. What
 * stays under way for longer than anything takes by itself waits for an operator, as dead letters do; `orders` may not be among it.
 */
export async function auditAll(options: {
  orders?: ReadonlySet<string>;
  since?: Date;
  timeoutMs?: number;
}): Promise<Audit> {
  const { orders = new Set(), since, timeoutMs = 120_000 } = options;
  let [left, leftSinceMs] = [-1, 0];
  let ours: readonly string[] = [];
  return await waitFor(
    async () => {
      const result = await audit({ urls: urls(), since, quietMs: 1_000, graceMs });
      ours = result.underWayOrders.filter(id => orders.has(id));
      if (result.underWay !== left) [left, leftSinceMs] = [result.underWay, performance.now()];
      const waits = ours.length === 0 && performance.now() - leftSinceMs > graceMs + marginMs;
      return (result.underWay === 0 || waits) && result;
    },
    {
      ...{ timeoutMs, intervalMs: 1_000 },
      what: () =>
        `rest; ${String(left)} things are under way, of these orders ${ours.slice(0, 5).join(', ') || 'none'}`,
    },
  );
}
