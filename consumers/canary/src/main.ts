import { setTimeout } from 'node:timers/promises';
import { createPool, distinctServers } from '@waygraph/kit/database';
import { createHealth, startHealthServer } from '@waygraph/kit/health';
import { createConsumer } from '@waygraph/kit/kafka';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { tableTopic } from '@waygraph/schema/topics';
import { beat } from './beat.ts';
import { readEnv } from './env.ts';
import { onBeat } from './on-beat.ts';
import { createPaths } from './paths.ts';

const beatEveryMs = 1_000;
const summaryEveryBeats = 60;

const env = readEnv();
const log = createLog('canary', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const servers = distinctServers(env.serviceUrls, env.CDC_DATABASE_URL).map(url => {
  const { hostname, port, pathname } = new URL(url);
  return { name: `${hostname}:${port || '5432'}${pathname}`, pool: createPool({ url, max: 1, name: 'canary' }) };
});
lifecycle.onStop('databases', () => Promise.all(servers.map(({ pool }) => pool.end())));
const paths = createPaths({ servers: servers.map(({ name }) => name), now: Date.now() });

const consumer = createConsumer({
  brokers: env.KAFKA_BROKERS,
  groupId: 'canary',
  topics: ['canary', tableTopic('cdc.beats')],
  fromBeginning: false,
  eachMessage: onBeat(paths, Date.now),
  log,
  onCrash: error => {
    log.error({ err: error }, 'consumer crashed');
    void lifecycle.stop('consumer crashed', 1);
  },
});
lifecycle.onStop('consumer', () => consumer.stop());

const health = createHealth({
  paths: () => {
    const silent = paths.silent(Date.now());
    if (silent.length > 0) throw new Error(silent.join('; '));
  },
  consumer: () => {
    consumer.ready();
  },
});
const server = await startHealthServer({ port: env.CANARY_PORT, host: env.LISTEN_HOST, health, log });
lifecycle.onStop('health server', () => {
  health.drain();
  return server.stop();
});
await consumer.start();

let beats = 0;
async function tick(): Promise<void> {
  const sent = servers.map(async ({ name, pool }) => {
    try {
      paths.startAt(name, (await beat(pool, name, new Date())) - 1);
    } catch (error) {
      log.warn({ err: error, server: name }, 'beat not written');
    }
  });
  await Promise.all(sent);
  for (const { silent, ...path } of paths.turns(Date.now()))
    log[silent ? 'error' : 'info'](path, silent ? 'path is silent' : 'path speaks again');
  beats += 1;
  if (beats % summaryEveryBeats === 0) log.info({ paths: paths.summary() }, 'latency from commit to consumer');
}

// Each beat starts a second after the one before has begun, or as soon as it ends: a server that is away is not piled upon.
while (!lifecycle.stopping.aborted) {
  const next = performance.now() + beatEveryMs;
  await tick();
  await setTimeout(Math.max(0, next - performance.now()), undefined, { signal: lifecycle.stopping }).catch(
    () => undefined,
  );
}
