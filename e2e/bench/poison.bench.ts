// How long records that cannot be handled keep the others waiting: `npm run bench -- poison`, on a running system.
import { parseArgs } from 'node:util';
import { createAdmin } from '@waygraph/kit/kafka-admin';
import { createLog } from '@waygraph/kit/log';
import { createTestProducer } from '@waygraph/kit/testing/producer';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { partitions, topicConfig } from '@waygraph/schema/topics';
import { ownDatabase } from '@waygraph/sql/testing/own-database';
import { keepResult, numberOf, type Bench } from './bench.ts';
import { measurePoison, type Poison, type PoisonFigures } from './measure-poison.ts';
import { machineLine, stamp, summaryTable } from './report.ts';

const targetMs = 3_000;
const kinds: Readonly<Record<Poison, string>> = {
  none: 'no poison',
  unreadable: 'that nobody can read',
  refused: 'that their handler refuses',
};

/** Prints the figures, writes them to `results` as JSON and gives whether the target was met. */
export async function run({ env, args, results, report }: Bench): Promise<{ ok: boolean; file: string }> {
  const options = readOptions(args);
  const brokers = (env['KAFKA_BROKERS'] ?? '').split(',');
  // Topics and a database of its own: a running consumer would have to bury all of it too.
  const topics: string[] = [];
  const admin = await createAdmin({ brokers, name: 'bench', log: createLog('bench', 'silent') });
  const database = await ownDatabase('risk', env);
  const producer = await createTestProducer(brokers);
  try {
    const figures: PoisonFigures[] = [];
    for (const poison of Object.keys(kinds) as Poison[]) {
      report(poison === 'none' ? 'others alone' : `${String(options.records)} records ${kinds[poison]}`);
      const topic = uniqueId('bench-poison');
      topics.push(...(await admin.createTopics([{ name: topic, partitions, config: topicConfig('events') }])));
      figures.push(await measurePoison({ brokers, producer, topic, pool: database.pool, poison, ...options }));
    }
    const ok = figures.every(({ delayMs }) => delayMs.max <= targetMs);
    const result = { bench: 'poison', ...stamp(), options, figures, ok };
    const file = await keepResult(results, result);
    const rows = Object.fromEntries(figures.map(({ poison, delayMs }) => [kinds[poison], delayMs]));
    for (const line of [machineLine(result), ...summaryTable(rows)]) report(line);
    for (const { poison, letters, allBuriedMs } of figures)
      if (poison !== 'none')
        report(
          `${String(letters)} dead letters ${(allBuriedMs / 1_000).toFixed(1)} s after the first, ${kinds[poison]}`,
        );
    report(`${ok ? 'met' : 'NOT met'}: other keys wait no longer than ${String(targetMs)} ms`);
    report(`written to ${file}`);
    return { ok, file };
  } finally {
    for (const topic of topics) await producer.deleteTopic(topic);
    await Promise.all([producer.stop(), admin.stop(), database.dispose()]);
  }
}

function readOptions(args: readonly string[]): { records: number; others: number } {
  const { values } = parseArgs({
    args: [...args],
    options: { records: { type: 'string', default: '10000' }, others: { type: 'string', default: '60' } },
  });
  const number = numberOf(values);
  return { records: number('records', 1), others: number('others', 1, 1_000) };
}
