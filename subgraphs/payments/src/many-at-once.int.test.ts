// Many orders at the same moment, in any order of their events: coupons, wallets and books hold.
import { afterAll, expect, test } from '@jest/globals';
import { createPool, sqlOfPool, withTransaction } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { bookTransfers } from './book-transfers.ts';
import { refund } from './ledger.ts';
import { loadCoupons } from './load-coupons.ts';
import { payer, someOrder, tell, told, topUp } from './testing/some-order.ts';

const pool = createPool({ url: testEnv('PAYMENTS_DATABASE_URL'), max: 20, name: 'payments-test' });
const sql = sqlOfPool(pool);
afterAll(() => pool.end());

const payments = payer(pool, {
  charge: () => Promise.resolve({ kind: 'APPROVED' }),
  refund: () => Promise.resolve({ kind: 'REFUNDED' }),
});
type Order = ReturnType<typeof someOrder>;
const place = ({ placed }: Order) => withTransaction(pool, tx => tell.placed(tx, placed));
const assign = (order: Order, attempt = 1) => withTransaction(pool, tx => tell.assigned(tx, order.assigned(attempt)));
const pay = (order: Order) => payments.capture(order.ready(1_200));
const drop = (order: Order, version: number) => payments.dropLines(order.dropped(500, version));
const cancel = (order: Order) => payments.undo(order.cancelling());
const used = async (code: string) =>
  (await sql<{ used: number }>('select used from coupons where code = $1', [code]))[0]?.used;
const count = async (orders: Order[], type: string) =>
  (await Promise.all(orders.map(({ orderId }) => told(sql, orderId)))).flat().filter(event => event.type === type)
    .length;

test('a coupon for ten of eighty orders is redeemed ten times; what the cancelled ones gave back, others get', async () => {
  const couponCode = uniqueId('C');
  await loadCoupons({ pool }, [{ code: couponCode, amountOffMinor: 300, quota: 10 }]);
  const first = Array.from({ length: 80 }, () => someOrder({ couponCode }));
  await Promise.all(first.flatMap(order => [assign(order), place(order), assign(order, 2), place(order)]));
  expect(await used(couponCode)).toBe(10);
  expect(await count(first, 'CouponRedeemed')).toBe(10);
  expect(await count(first, 'CouponRejected')).toBe(70);

  const second = Array.from({ length: 30 }, () => someOrder({ couponCode }));
  await Promise.all([
    ...first.flatMap(order => [cancel(order), cancel(order)]),
    ...second.map(place),
    ...second.map(order => assign(order)),
  ]);
  expect(await count(first, 'CouponRestored')).toBe(10);
  const redeemed = await count(second, 'CouponRedeemed');
  expect(redeemed).toBeLessThanOrEqual(10);
  expect(await used(couponCode)).toBe(redeemed);
});

test('orders that are paid, partly given back and cancelled all at once leave every book in balance', async () => {
  const customerId = uniqueId('customer');
  await topUp(pool, customerId, 9_000);
  const orders = Array.from({ length: 24 }, (_, index) =>
    someOrder({ customerId, payment: index % 3 === 0 ? 'CARD' : 'WALLET' }),
  );
  await Promise.all(
    orders.flatMap((order, index) => [
      pay(order),
      drop(order, 5),
      ...(index % 2 === 0 ? [cancel(order)] : []),
      pay(order),
      drop(order, 6),
    ]),
  );
  await Promise.all(orders.map((order, index) => (index % 2 === 0 ? cancel(order) : drop(order, 7))));

  const ids = orders.map(({ orderId }) => orderId);
  const books = await sql(
    `select t.order_id, sum(e.amount_minor)::int as all, sum(e.amount_minor) filter (where e.account_id = 'sales')::int as sales,
       (select p.amount_minor - p.refunded_minor from order_payments p where p.order_id = t.order_id and p.payment_state = 'CAPTURED')::int as kept
     from transfers t join entries e on e.transfer_id = t.id where t.order_id = any ($1) group by t.order_id`,
    [ids],
  );
  expect(books.length).toBeGreaterThan(0);
  for (const book of books) expect(book).toMatchObject({ all: 0, sales: book['kept'] });
  const cancelled = new Set(ids.filter((_, index) => index % 2 === 0));
  for (const book of books) if (cancelled.has(book['order_id'] as string)) expect(book['kept']).toBe(0);
  const [wallet] = await sql(
    `select balance_minor::int as balance, (select sum(amount_minor) from entries e where e.account_id = a.id)::int as folded
     from accounts a where a.customer_id = $1`,
    [customerId],
  );
  expect(wallet?.['folded']).toBe(wallet?.['balance']);
  // All that anybody has ever booked.
  expect(await sql('select coalesce(sum(amount_minor), 0)::int as all from entries')).toEqual([{ all: 0 }]);
});

test('the database refuses refunds beyond the capture, in the books and in the claims, whoever writes them', async () => {
  const order = someOrder({ payment: 'CARD' });
  const { orderId } = order;
  await pay(order);
  const book = (amountMinor: number) =>
    withTransaction(pool, tx => bookTransfers(tx, [refund({ id: uuidv7(), orderId, amountMinor }, null)]));
  await expect(book(1_201)).rejects.toThrow('more of order');
  const claim = (amountMinor: number, state = 'PENDING') =>
    withTransaction(pool, tx =>
      tx(
        `insert into refunds (id, order_id, cause, attempt, amount_minor, state, reason) values ($1, $2, 'CANCELLED', 1, $3, $4, 'x')`,
        [uuidv7(), orderId, amountMinor, state],
      ),
    );
  await expect(claim(1_201)).rejects.toThrow('do not fit its payment');
  await expect(claim(1_200, 'DONE')).rejects.toThrow('do not fit its payment');
  const forge = 'update order_payments set refunded_minor = 5 where order_id = $1';
  await expect(withTransaction(pool, tx => tx(forge, [orderId]))).rejects.toThrow('do not fit its payment');
});
