import { createAdmin } from '@waygraph/kit/kafka-admin';
import { createLog } from '@waygraph/kit/log';
import { createTestProducer } from '@waygraph/kit/testing/producer';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { createWorld, newsSdl, thingsSdl } from './foreign-graph.ts';
import { spawnGateway } from './spawn-gateway.ts';
import { openSocket } from './watch.ts';

export const cursorSecret = 'signs cursors of this test and no others';
export const partitions = 3;

/** A gateway process over the foreign graph, topics of its own on the real Kafka, and who writes to them. */
export async function startLiveGateway() {
  const brokers = testEnv('KAFKA_BROKERS').split(',');
  const topics = { notes: uniqueId('test.notes'), gauges: uniqueId('test.gauges') };
  const world = createWorld();
  const sockets: ReturnType<typeof openSocket>[] = [];
  const admin = await createAdmin({ brokers, name: 'gateway-test', log: createLog('test', 'silent') });
  await admin.createTopics(Object.values(topics).map(name => ({ name, partitions, config: {} })));
  await admin.stop();
  const producer = await createTestProducer(brokers);
  const gateway = await spawnGateway({
    ...{ sdl: thingsSdl, fedSdl: newsSdl(topics), answer: world.answer },
    env: { KAFKA_BROKERS: brokers.join(','), CURSOR_SECRET: cursorSecret },
  });
  const url = await gateway.url();
  await waitFor(async () => (await fetch(`${url}/ready`)).ok, { what: 'the gateway to be ready' });

  return {
    ...{ gateway, producer, topics, world, url },
    socket(token?: string) {
      const socket = openSocket(url, token);
      sockets.push(socket);
      return socket;
    },
    /** The write side: first the state, then the event. */
    writer(id = uniqueId('note'), ownerId = uniqueId('owner')) {
      let seq = 0;
      const ids: string[] = [];
      return {
        ...{ id, ownerId, ids },
        async change(more: Record<string, unknown> = {}) {
          seq += 1;
          const eventId = `${id}#${String(seq)}`;
          ids.push(eventId);
          world.notes.set(id, { id, ownerId, version: seq, eventId });
          const payload = { noteId: id, ownerId, version: seq, ...more };
          await producer.send(topics.notes, { key: id, seq, id: eventId, payload });
        },
      };
    },
    /** After each test. */
    async reset() {
      world.onSnapshot(() => Promise.resolve());
      await Promise.all(sockets.splice(0).map(socket => Promise.resolve(socket.dispose())));
    },
    async dispose() {
      await gateway.dispose();
      for (const topic of Object.values(topics)) await producer.deleteTopic(topic);
      await producer.stop();
    },
  };
}
