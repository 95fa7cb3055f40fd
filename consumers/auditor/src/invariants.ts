import type { Sql } from '@waygraph/kit/database';
import { serviceNames, type ServiceName } from '@waygraph/schema/services';
import type { Databases } from './databases.ts';
import type { Tally } from './finding.ts';
import { statement } from './statements.ts';

/**
 * What holds inside one service at every moment: state, ledger and events change in one transaction, and one statement sees one
 * moment. Each is a file below `sql` that gives a row (id, detail) for whatever breaks it.
 */
const ofOrders: Readonly<Partial<Record<ServiceName, readonly string[]>>> = {
  orders: [
    'history-is-legal',
    'nothing-after-the-end',
    'nothing-after-its-undoing',
    'status-is-the-last-told',
    'saga-fits-the-order',
    'total-is-its-lines',
  ],
  payments: ['paid-is-what-was-booked'],
  inventory: ['one-attempt-has-stock'],
  routing: ['parcels-fit-their-route', 'estimates-are-kept'],
};

/** `$1` of those about the whole: since when, how many seconds something may be late, or nothing. */
const ofTheWhole: ReadonlyArray<{ service: ServiceName; name: string; takes?: 'since' | 'late' }> = [
  { service: 'orders', name: 'one-order-per-key', takes: 'since' },
  { service: 'orders', name: 'answers-come-in-time', takes: 'late' },
  { service: 'payments', name: 'ledger-sums-to-zero' },
  { service: 'payments', name: 'transfers-balance', takes: 'since' },
  { service: 'payments', name: 'wallets-are-their-entries', takes: 'since' },
  { service: 'payments', name: 'coupons-are-used-by-orders' },
  { service: 'inventory', name: 'shelves-close' },
  { service: 'inventory', name: 'received-is-what-was-told' },
  { service: 'inventory', name: 'shelves-match-reservations' },
  { service: 'inventory', name: 'holds-end', takes: 'late' },
  { service: 'inventory', name: 'nothing-after-its-release', takes: 'since' },
];

type Row = { id: string; detail: string };

async function hold(sql: Sql, path: string, name: string, params: readonly unknown[], tally: Tally): Promise<void> {
  const rows = await sql<Row>(statement(path), params);
  tally.find(...rows.map(({ id, detail }) => ({ invariant: name, id, detail })));
}

/** Holds these orders against every rule of a single service. */
export async function checkOrders(databases: Databases, ids: readonly string[], tally: Tally): Promise<void> {
  const each = Object.entries(ofOrders) as [ServiceName, readonly string[]][];
  await Promise.all(
    each.map(async ([service, names]) => {
      for (const name of names) {
        await hold(databases[service], `${service}/${name}`, `${service}/${name}`, [ids], tally);
        tally.count(`${service}/${name}`, ids.length);
      }
    }),
  );
}

/** Holds whole schemas against their rules; what is told without a gap, in each of them. */
export async function checkTheWhole(
  databases: Databases,
  given: { since: string | null; lateS: number },
  tally: Tally,
): Promise<void> {
  for (const { service, name, takes } of ofTheWhole) {
    const params = takes === undefined ? [] : [takes === 'since' ? given.since : given.lateS];
    await hold(databases[service], `${service}/${name}`, `${service}/${name}`, params, tally);
    tally.count(`${service}/${name}`, 1);
  }
  for (const service of serviceNames) {
    const name = `${service}/events-without-a-gap`;
    await hold(databases[service], 'every/events-without-a-gap', name, [given.since], tally);
    tally.count(name, 1);
  }
}
