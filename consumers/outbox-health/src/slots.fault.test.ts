import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAdmin, type KafkaAdmin } from '@waygraph/kit/kafka-admin';
import { createLog } from '@waygraph/kit/log';
import { createSlotGuard } from '@waygraph/kit/slot-guard';
import { createTestProducer } from '@waygraph/kit/testing/producer';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { connectorsOf } from '@waygraph/stack/connectors';
import { ensureHeartbeatTopics } from '@waygraph/stack/topics';
import { createConnectClient } from './connect-client.ts';
import { createEventLog } from './event-log.ts';
import { createReconciler } from './reconcile.ts';
import { createConnectorRepair } from './repair-connector.ts';
import { openOutboxWorld, type OutboxWorld } from './testing/outbox-world.ts';

// A server and a connector of its own, so that slots may be broken; of the system only Kafka and Connect are used.
const brokers = testEnv('KAFKA_BROKERS').split(',');
const connectUrl = testEnv('CONNECT_URL');
const log = createLog('test', 'silent');
const topic = uniqueId('slots');
const number = 100_000 + Math.floor(Math.random() * 900_000);
const connector = `outbox-${String(number)}`;
const connect = createConnectClient(connectUrl);
const repair = createConnectorRepair({ connect, log });
const eventLog = createEventLog({ brokers, topics: [topic], log });
let world: OutboxWorld;
let admin: KafkaAdmin;
let proof: ReturnType<typeof createReconciler>;
/** How often each event stands on the topic. */
const seen = new Map<string, number>();
const reader = createEventLog({ brokers, topics: [topic], log });
const written: string[] = [];

beforeAll(async () => {
  admin = await createAdmin({ brokers, name: 'slots-test', log });
  await admin.createTopics([{ name: topic, partitions: 2, config: {} }]);
  await ensureHeartbeatTopics(brokers, [connector]);
  world = await openOutboxWorld();
  const { host, port, tables } = world;
  const [made] = connectorsOf({
    ...{ index: number, host, port, database: 'command', user: 'cdc', password: 'cdc' },
    ...{ schemas: [], outboxTables: tables, capturedTables: [], slotSuffix: `-${number}` },
    slots: { outbox: 'outbox', tables: 'tables' },
  });
  const config = { ...made?.config, 'heartbeat.interval.ms': '500' };
  const answer = await fetch(`${connectUrl}/connectors/${connector}/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(config),
  });
  expect(answer.ok).toBe(true);
  proof = createReconciler({ places: [world.place], eventLog, topics: [topic], log });
  await reader.open();
  await reader.startAt({});
}, 90_000);

afterAll(async () => {
  await fetch(`${connectUrl}/connectors/${connector}`, { method: 'DELETE' });
  await eventLog.stop();
  await reader.stop();
  const producer = await createTestProducer(brokers);
  await producer.deleteTopic(topic);
  await producer.deleteTopic(`__debezium-heartbeat.${connector}`);
  await producer.stop();
  await admin.stop();
  await world.dispose();
}, 60_000);

let seq = 0;
const write = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n += 1) {
    seq += 1;
    written.push(...(await world.publish('orders', [{ topic, key: 'k', type: 'T', v: 1, seq, payload: { seq } }])));
  }
};

/** As the canary does each second: a connector confirms nothing while nothing comes. */
let beats = 0;
const beat = () => {
  beats += 1;
  return world.publish('payments', [{ topic, key: 'beat', type: 'Beat', v: 1, seq: beats, payload: {} }]);
};
/** What the process does all the time, until everything that was written is on the topic and the connector runs. */
const healed = (what: string) =>
  waitFor(
    async () => {
      await beat();
      await repair.look(world.place);
      await proof.round();
      await reader.readOn(({ headers: { id = '' } }) => seen.set(id, (seen.get(id) ?? 0) + 1), 10_000);
      const state = await stateOf();
      return state === 'RUNNING' && written.every(id => seen.has(id));
    },
    {
      ...{ timeoutMs: 60_000, intervalMs: 250 },
      what: () =>
        `${what}: ${String(written.filter(id => !seen.has(id)).length)} of ${String(written.length)} not on the topic; ${JSON.stringify(proof.counts())}`,
    },
  );
const stateOf = async () => (await connect.list()).find(({ name }) => name === connector)?.state;
const slot = async () =>
  (
    await world.admin<{ active_pid: number | null; wal_status: string }>(
      `select active_pid, wal_status from pg_replication_slots where slot_name = 'outbox'`,
    )
  )[0];
const stopped = async () => {
  await connect.stop(connector);
  await waitFor(async () => (await slot())?.active_pid === null, { timeoutMs: 20_000, what: 'the slot to be free' });
};
const gap = () => proof.counts().missing;

test('as long as nothing is wrong every event comes once, and nothing is repaired', async () => {
  await write(20);
  await healed('the first events');
  const writers = ['a', 'b', 'c', 'd'].map(async key => {
    for (let n = 1; n <= 400; n += 1) {
      const event = { topic, key, type: 'T', v: 1, seq: n, payload: { n } };
      written.push(...(await world.publish('orders', [event])));
    }
  });
  const writing = new AbortController();
  const all = Promise.all(writers).finally(() => writing.abort());
  while (!writing.signal.aborted) await proof.round();
  await all;
  await healed('more events');
  expect(proof.counts()).toMatchObject({ missing: 0, republished: 0, duplicates: 0, gaps: 0 });
  expect(repair.repairs()).toBe(0);
}, 90_000);

test('a slot that was dropped under a running connector is made again, and what fell between is published', async () => {
  await write(5);
  await waitFor(
    async () => {
      await world.admin(
        `select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = 'outbox' and active`,
      );
      await world.admin(`select pg_drop_replication_slot('outbox')`);
      return true;
    },
    { timeoutMs: 20_000, intervalMs: 5, what: 'the slot to be dropped' },
  );
  expect(await slot()).toBeUndefined(); // seen to have happened
  await write(30);
  await healed('after a dropped slot');
}, 90_000);

test('a slot that was advanced over events is met: they are published again, the connector goes on', async () => {
  await stopped();
  const before = gap();
  await write(25);
  await world.admin(`select pg_replication_slot_advance('outbox', pg_current_wal_insert_lsn())`);
  await write(5);
  await connect.resume(connector);
  await healed('after an advanced slot');
  expect(gap() - before).toBe(25);
}, 90_000);

test('a slot that was dropped and made anew while its connector was away is met as well', async () => {
  await stopped();
  const before = gap();
  await write(25);
  await world.admin(`select pg_drop_replication_slot('outbox')`);
  await world.admin(`select pg_create_logical_replication_slot('outbox', 'pgoutput')`);
  await connect.resume(connector);
  await healed('after a slot made anew');
  expect(gap() - before).toBe(25);
}, 90_000);

test('a slot nobody reads makes OVERLOADED before it is lost; once lost, it is replaced and nothing is missing', async () => {
  await world.admin(`alter system set max_slot_wal_keep_size = '64MB'`);
  await world.admin('select pg_reload_conf()');
  const guard = createSlotGuard({ sql: world.place.sql, log, intervalMs: 3_600_000 });
  await stopped();
  await write(25);
  const fill = async () => {
    await world.admin(
      `select pg_logical_emit_message(false, 'filler', repeat('x', 1000000)) from generate_series(1, 8)`,
    );
    await guard.look();
    return guard.slots()[0];
  };
  const shares: [number, boolean][] = [];
  await waitFor(
    async () => {
      const now = await fill();
      shares.push([now?.used ?? 0, guard.isOverloaded()]);
      return guard.isOverloaded();
    },
    { timeoutMs: 30_000, what: 'OVERLOADED' },
  );
  expect(shares.at(-2)?.[0]).toBeLessThan(0.8);
  expect((await slot())?.wal_status).not.toBe('lost'); // there is still time
  await waitFor(
    async () => {
      await fill();
      await world.admin('checkpoint');
      return (await slot())?.wal_status === 'lost';
    },
    { timeoutMs: 30_000, what: 'the slot to be lost' },
  );
  await guard.look();
  expect(guard.slots()[0]).toMatchObject({ used: 1, walStatus: 'lost' });
  await write(5);
  await connect.resume(connector);
  await healed('after a lost slot');
  await guard.look();
  expect(guard.isOverloaded()).toBe(false);
  guard.stop();
}, 120_000);

test('in the end every event is on the topic, in books that are closed', async () => {
  expect(written.filter(id => !seen.has(id))).toEqual([]);
  const open = await world.admin('select from cdc.connector_repairs where ended_at is null');
  expect(open).toHaveLength(0);
  expect(proof.counts()).toMatchObject({ gaps: 0, strangers: 0 });
});
