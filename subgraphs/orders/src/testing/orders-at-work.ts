import type { Viewer } from '@waygraph/kit/auth';
import type { Fact } from '../saga-table.ts';
import { anInput, customer, placeOrderMutation, startOrders } from './start-orders.ts';

const orderQuery = `query ($id: ID!) { order(id: $id) { id status version cancelReason cancelRefused total { amountMinor }
  lines { status } saga { status step awaiting steps { name state attempt detail } deadlineAt }
  timeline { nodes { type detail } } } }`;

/** Orders of one customer, and what happens to them. */
export async function ordersAtWork() {
  const orders = await startOrders();
  const products = [await orders.product(600), await orders.product(200)];
  const ana = customer();

  const tell = async (orderId: string, ...told: Fact[]) => {
    for (const fact of told) await orders.tell({ ...fact, data: { ...fact.data, orderId } } as Fact);
  };
  return {
    ...{ orders, ana, tell },
    /** An order to which this has happened. */
    async anOrder(...told: Fact[]): Promise<string> {
      const { data } = await orders.ask(ana, placeOrderMutation, { input: anInput(products) });
      const { order } = data.placeOrder;
      if (!order) throw new Error(JSON.stringify(data.placeOrder.userErrors));
      await tell(order.id, ...told);
      return order.id;
    },
    input: (given: Record<string, unknown> = {}) => anInput(products, given),
    see: async (id: string, viewer: Viewer = ana) => {
      const { order } = (await orders.ask(viewer, orderQuery, { id })).data;
      if (!order) throw new Error(`no order ${id}`);
      return order;
    },
    /** The types of the order's own events, from this seq on. */
    types: async (id: string, from = 1) =>
      (await orders.events(id)).filter(({ seq }) => Number(seq) >= from).map(({ type }) => type),
    /** Its present deadlines have passed, by the database's clock. */
    async passDeadlines(id: string): Promise<void> {
      await orders.sql(
        `update saga_instances set deadline_at = now() - interval '1 s', steps = (
           select jsonb_agg(case when step -> 'deadlineMs' = 'null' then step else jsonb_set(step, '{deadlineMs}', '1') end order by place)
           from jsonb_array_elements(steps) with ordinality as all_steps(step, place))
         where order_id = $1`,
        [id],
      );
    },
  };
}

export type OrdersAtWork = Awaited<ReturnType<typeof ordersAtWork>>;
