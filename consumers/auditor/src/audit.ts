import { checkApplied, missingOf, nameOf, whereAbouts } from './applied-events.ts';
import { checkCopies } from './copies.ts';
import { openDatabases, type Databases, type DatabaseUrls } from './databases.ts';
import { createTally, type Finding, type Tally } from './finding.ts';
import { checkOrders, checkTheWhole } from './invariants.ts';
import { readFacts } from './order-facts.ts';
import { orderIds } from './order-ids.ts';
import { judge, orderRules, type Patience } from './order-rules.ts';
import { statement } from './statements.ts';

export type AuditOptions = {
  /** Only what was told or changed since then, with as much of the rest as costs little; without it everything. */
  readonly since?: Date | undefined;
  /** An order at which nothing changed for so long is at rest, and judged. Default 5 s. */
  readonly quietMs?: number;
  /** What has not come for so long (an event, a row of the read model) does not come by itself. Default 60 s. */
  readonly graceMs?: number;
  /** By how much a step may be overdue, its retries and an outage included. Default 5 min. */
  readonly lateMs?: number;
};

export type Audit = {
  /** How many things were held against each rule. */
  readonly checked: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
  /** Orders, events and rows that are being worked on, and were not judged. */
  readonly underWay: number;
  /** The orders among them. */
  readonly underWayOrders: readonly string[];
};

/** Looks at everything once, through each service's own URL and without changing anything. Memory does not grow with what is there. */
export async function audit({ urls, ...options }: AuditOptions & { readonly urls: DatabaseUrls }): Promise<Audit> {
  const { databases, close } = openDatabases(urls);
  try {
    return await auditOnce(databases, options);
  } finally {
    await close();
  }
}

export async function auditOnce(databases: Databases, options: AuditOptions = {}): Promise<Audit> {
  const { since, quietMs = 5_000, graceMs = 60_000, lateMs = 300_000 } = options;
  const patience = { quietS: quietMs / 1_000, graceS: graceMs / 1_000 };
  const sinceText = since?.toISOString() ?? null;
  const tally = createTally();
  for await (const ids of orderIds(databases, since)) {
    await checkOrders(databases, ids, tally);
    await checkAcross(databases, ids, patience, tally);
  }
  await checkTheWhole(databases, { since: sinceText, lateS: lateMs / 1_000 }, tally);
  await checkApplied(databases, { since, graceS: patience.graceS }, tally);
  await checkCopies(databases, { since: sinceText, graceS: patience.graceS }, tally);
  return tally.result();
}

type ToldOfOrder = { orderId: string; id: string; topic: string; type: string; ageS: number };

async function checkAcross(
  databases: Databases,
  ids: readonly string[],
  patience: Patience,
  tally: Tally,
): Promise<void> {
  const found: Finding[] = [];
  let judged = 0;
  for (const facts of await readFacts(databases, ids)) {
    const verdict = judge(facts, patience);
    if (verdict === 'under way') tally.leaveOrders(facts.id);
    else {
      judged += 1;
      found.push(...verdict);
    }
  }
  for (const rule of orderRules) tally.count(rule, judged);
  if (found.length === 0) return;
  // What follows from an event cannot be held against an order before its group has it: whoever is late with it is told of by
  // `checkApplied`, once. One that was discarded is not read any more: that was decided, and what it leaves undone is found here.
  const suspects = [...new Set(found.map(({ id }) => id))];
  const told = await databases.orders<ToldOfOrder>(statement('orders/told-of-orders'), [suspects]);
  const missing = await missingOf(databases, told);
  const { waiting: held, discarded } = await whereAbouts(databases, missing);
  const open = missing.filter(one => !discarded.has(nameOf(one)));
  const excused = new Set(open.map(({ event }) => event.orderId));
  const comes = (one: (typeof open)[number]) => one.event.ageS < patience.graceS || held.has(nameOf(one));
  const waiting = new Set(open.filter(comes).map(({ event }) => event.orderId));
  tally.find(...found.filter(({ id, invariant }) => !excused.has(id) || invariant === 'across/events-arrive'));
  tally.leaveOrders(...waiting);
}
