import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLog } from '@waygraph/kit/log';
import { withTransaction } from '@waygraph/kit/database';
import { createPartitionKeeper, makePartition } from './partitions.ts';
import { transactions } from './place.ts';
import { openOutboxWorld, type OutboxWorld } from './testing/outbox-world.ts';

let world: OutboxWorld;
beforeAll(async () => {
  world = await openOutboxWorld();
}, 60_000);
afterAll(() => world.dispose());

const log = createLog('test', 'silent');
const keeper = (provenBelow = Number.MAX_SAFE_INTEGER, retentionDays = 7) =>
  createPartitionKeeper({ retentionDays, provenBelow: () => provenBelow, log });
const day = (n: number) => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10);
const tableOf = (date: string) => `outbox_${date.replaceAll('-', '')}`;

const partitions = async (schema = 'orders') =>
  (
    await world.admin<{ name: string }>(
      `select relname as name from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = $1::regclass order by 1`,
      [`${schema}.outbox`],
    )
  ).map(({ name }) => name);

const event = (seq: number, key = 'k') => ({ topic: 't', key, type: 'T', v: 1, seq, payload: { seq } });

/** An event of another day, as one that was written then. */
const insertOn = (date: string, seq: number) =>
  world.sqlOf('orders')(
    `insert into outbox (topic, key, type, seq, payload, day) values ('t', 'old', 'T', $1, '{}', $2::date)`,
    [seq, date],
  );

/** How many rows the slot gives to its connector, and of which tables. */
async function decoded(): Promise<{ rows: number; tables: Set<string> }> {
  const changes = await world.admin<{ data: Buffer }>(
    `select data from pg_logical_slot_get_binary_changes('outbox', null, null, 'proto_version', '1', 'publication_names', 'outbox')`,
  );
  const kinds = changes.map(({ data }) => ({ kind: String.fromCharCode(data[0] ?? 0), data }));
  const of = (kind: string) => kinds.filter(one => one.kind === kind).map(({ data }) => data);
  const names = new Map(
    of('R').map(data => [data.readInt32BE(1), data.subarray(5).toString().split('\0').slice(0, 2).join('.')]),
  );
  const inserts = of('I').map(data => names.get(data.readInt32BE(1)) ?? '');
  return { rows: inserts.length, tables: new Set(inserts) };
}

test('a new system has its first week, and rows go to their day and not to the default partition', async () => {
  expect(await partitions()).toEqual(
    [...Array.from({ length: 8 }, (_, n) => tableOf(day(n))), 'outbox_default'].sort(),
  );
  await world.publish('orders', [event(1)]);
  const [row] = await world.admin<{ name: string }>('select tableoid::regclass::text as name from orders.outbox');
  expect(row?.name).toBe(`orders.${tableOf(day(0))}`);
});

test('days are made ahead while events are written, none is lost and the connector gets each once, as of the outbox', async () => {
  await decoded();
  for (const n of [5, 6, 7]) await world.admin(`drop table orders.${tableOf(day(n))}`);
  let seq = 100;
  let writing = true;
  const writers = [1, 2, 3].map(async () => {
    for (let at = 0; writing && at < 3_000; at += 1) await world.publish('orders', [event((seq += 1), 'busy')]);
  });
  await keeper().keep(world.place);
  writing = false;
  await Promise.all(writers);
  expect(await partitions()).toContain(tableOf(day(7)));
  const seen = await decoded();
  expect(seen.rows).toBe(seq - 100);
  expect([...seen.tables]).toEqual(['orders.outbox']);
});

test('rows found in the default partition go to a partition of their day, and are not published twice', async () => {
  await decoded();
  await insertOn(day(12), 1);
  await insertOn(day(12), 2);
  const made = keeper();
  await made.keep(world.place);
  expect(made.counts()).toMatchObject({ moved: 2, inDefault: 0 });
  const [row] = await world.admin<{ n: number }>(`select count(*)::int as n from orders.${tableOf(day(12))}`);
  expect(row?.n).toBe(2);
  expect((await decoded()).rows).toBe(2);
});

test('a partition goes when it is old and everything in it is on the log, and no earlier', async () => {
  for (const n of [-7, -8, -9]) await makePartition(world.place, 'orders', day(n));
  for (const n of [-7, -8, -9]) await insertOn(day(n), 10 - n);
  const { begun } = await transactions(world.place.sql);
  const [last] = await world.admin<{ tx: string }>(`select max(tx) as tx from orders.${tableOf(day(-8))}`);

  const held = keeper(Number(last?.tx)); // the row of day -8 is not proven
  await held.keep(world.place);
  expect(held.counts()).toMatchObject({ held: 2, dropped: 0 });

  const free = keeper(begun);
  await free.keep(world.place);
  expect(free.counts()).toMatchObject({ held: 0, dropped: 2 });
  const left = await partitions();
  expect(left).toEqual(expect.arrayContaining([tableOf(day(-7)), 'outbox_default']));
  expect(left).not.toEqual(expect.arrayContaining([tableOf(day(-8))]));
  // What was written into dropped partitions is still decoded for a connector that is behind.
  expect((await decoded()).rows).toBe(3);
});

test('writers go on while an old partition is detached behind a transaction that holds it', async () => {
  await makePartition(world.place, 'orders', day(-20));
  await insertOn(day(-20), 50);
  const reading = Promise.withResolvers<void>();
  const holder = withTransaction(world.poolOf('orders'), async sql => {
    await sql(`select from outbox where day = $1::date`, [day(-20)]);
    await reading.promise;
  });
  const first = keeper();
  const dropping = first.keep(world.place).catch((error: unknown) => error);
  // The default partition waits for the reader, not the writers for long: they get on all the time.
  for (let seq = 300; seq < 320; seq += 1) await world.publish('orders', [event(seq, 'meanwhile')]);
  reading.resolve();
  await holder;
  await dropping;
  const second = keeper();
  await second.keep(world.place);
  expect(await partitions()).not.toContain(tableOf(day(-20)));
  expect(await partitions()).toContain('outbox_default');
});

test('what a killed keeper has left is finished by the next', async () => {
  await makePartition(world.place, 'orders', day(-30));
  await world.place.sql('alter table orders.outbox detach partition orders.outbox_default');
  await world.place.sql(`alter table orders.outbox detach partition orders.${tableOf(day(-30))} concurrently`);
  await keeper().keep(world.place);
  expect(await partitions()).toContain('outbox_default');
  expect((await world.admin('select from pg_class where relname = $1', [tableOf(day(-30))])).length).toBe(0);
});

test('a row of a day that was half dropped goes with it, and holds up no other', async () => {
  for (const n of [-40, -41]) await makePartition(world.place, 'orders', day(n));
  await world.place.sql('alter table orders.outbox detach partition orders.outbox_default');
  await world.place.sql(`alter table orders.outbox detach partition orders.${tableOf(day(-40))} concurrently`);
  await world.place.sql('alter table orders.outbox attach partition orders.outbox_default default');
  await insertOn(day(-40), 80);
  const made = keeper();
  await made.keep(world.place);
  expect(made.counts()).toMatchObject({ moved: 1, inDefault: 0, dropped: 2 });
  expect(
    await world.admin('select from pg_class where relname = any($1)', [[-40, -41].map(n => tableOf(day(n)))]),
  ).toEqual([]);
});

test('the login sees outboxes and nothing else', async () => {
  await expect(world.place.sql('select 1 from orders.inbox')).rejects.toMatchObject({ code: '42501' });
  await expect(world.place.sql('select 1 from orders.idempotency')).rejects.toMatchObject({ code: '42501' });
  await expect(world.sqlOf('orders')('alter table outbox add column x int')).rejects.toMatchObject({ code: '42501' });
});
