import { setTimeout } from 'node:timers/promises';
import { distinctServers } from '@waygraph/kit/database';
import { close, createHealth, listen } from '@waygraph/kit/health';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { createSlotGuard } from '@waygraph/kit/slot-guard';
import { eventTopics } from './event-topics.ts';
import { createConnectClient } from './connect-client.ts';
import { readEnv } from './env.ts';
import { createEventLog } from './event-log.ts';
import { metricsServer } from './metrics.ts';
import { createPartitionKeeper } from './partitions.ts';
import { openPlace } from './place.ts';
import { createReconciler } from './reconcile.ts';
import { createConnectorRepair } from './repair-connector.ts';
import { tell } from './told.ts';

const roundEveryMs = 1_000;
/** A slot that was moved shows until its connector keeps its next offset, which takes it two seconds. */
const lookEveryMs = 1_000;
const keepEveryMs = 10 * 60_000;
const keepAgainMs = 5_000;
/** Without a round for so long the proof stands still. */
const stillAfterMs = 60_000;

const env = readEnv();
const log = createLog('outbox-health', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const places = distinctServers(env.serviceUrls, env.OUTBOX_HEALTH_DATABASE_URL).map(openPlace);
lifecycle.onStop('databases', () => Promise.all(places.map(({ pool }) => pool.end())));
const guards = places.map(place => ({ place, guard: createSlotGuard({ sql: place.sql, log }) }));
lifecycle.onStop('slot guards', () => {
  for (const { guard } of guards) guard.stop();
});
const eventLog = createEventLog({ brokers: env.KAFKA_BROKERS, topics: eventTopics, log });
lifecycle.onStop('event log', () => eventLog.stop());

const reconciler = createReconciler({ places, eventLog, topics: eventTopics, log });
const repair = createConnectorRepair({ connect: createConnectClient(env.CONNECT_URL), log });
const keeper = createPartitionKeeper({
  retentionDays: env.OUTBOX_RETENTION_DAYS,
  provenBelow: place => reconciler.provenBelow(place),
  log,
});

let lastRound = performance.now();
const health = createHealth({
  proof: () => {
    const stillMs = performance.now() - lastRound;
    if (stillMs > stillAfterMs) throw new Error(`outbox and log not compared for ${String(Math.round(stillMs))} ms`);
  },
  slots: () => {
    const full = guards.filter(({ guard }) => guard.isOverloaded());
    if (full.length > 0)
      throw new Error(`a slot of ${full.map(({ place }) => place.name).join(', ')} is about to be lost`);
  },
});
const server = metricsServer(health, () =>
  tell(
    reconciler,
    keeper,
    guards.map(({ place, guard }) => ({ place: place.name, slots: guard.slots() })),
    repair.repairs(),
  ),
);
log.info({ port: await listen(server, env.OUTBOX_HEALTH_PORT, env.LISTEN_HOST) }, 'health server listens');
lifecycle.onStop('health server', () => {
  health.drain();
  return close(server);
});

/** Does its work again and again until the process stops; a failure is told once and tried again. Resolves when the last turn has ended. */
async function keepDoing(name: string, work: () => Promise<void>, everyMs: number, againMs = everyMs): Promise<void> {
  let failing = false;
  while (!lifecycle.stopping.aborted) {
    const begun = performance.now();
    try {
      await work();
      if (failing) log.info({ part: name }, 'goes on');
      failing = false;
    } catch (error) {
      log[failing ? 'debug' : 'warn']({ err: error, part: name }, 'did not work; tried again');
      failing = true;
    }
    const next = begun + (failing ? againMs : everyMs);
    await setTimeout(Math.max(0, next - performance.now()), undefined, { signal: lifecycle.stopping }).catch(
      () => undefined,
    );
  }
}

const loops = [
  keepDoing(
    'reconciler',
    async () => {
      await reconciler.round();
      lastRound = performance.now();
    },
    roundEveryMs,
  ),
  ...places.map(place =>
    keepDoing(
      'connector repair',
      async () => {
        await repair.look(place);
      },
      lookEveryMs,
    ),
  ),
  ...places.map(place => keepDoing('partition keeper', () => keeper.keep(place), keepEveryMs, keepAgainMs)),
];
// Stopped first: whatever runs ends, and where it got to is kept.
lifecycle.onStop('loops', async () => {
  await Promise.all(loops);
  await reconciler.save();
});
