import type { Sql } from '@waygraph/kit/database';
import type { KafkaAdmin, PartitionEnd } from '@waygraph/kit/kafka-admin';
import type { RawMessage } from '@waygraph/kit/kafka-delivery';
import { notStarted, progressed, type Progress } from './snapshot-progress.ts';
import type { Table } from './tables.ts';

export type RebuildOptions = {
  readonly tables: readonly Table[];
  /** Group of the read-sync that applies the changes; it must be running. */
  readonly group: string;
  readonly read: Sql;
  /** One per command server. */
  readonly servers: readonly Sql[];
  readonly admin: KafkaAdmin;
  /** Reads the connectors' notifications from their beginning; resolves to how to stop. */
  readonly follow: (group: string, eachMessage: (message: RawMessage) => Promise<void>) => Promise<() => Promise<void>>;
  readonly say: (line: string) => void;
  /** How long nothing may move before it is given up, in ms. Default 60 s. */
  readonly patienceMs?: number;
};

/**
 * Rebuilds the read tables from their sources while everybody goes on reading and writing: the connectors read every row once
 * more (an incremental snapshot), read-sync applies them like any change and marks what it saw, and at the end what no source has
 * any more is taken away. Rejects, having taken nothing away, when a part does not get on.
 */
export async function rebuild(options: RebuildOptions): Promise<Record<string, number>> {
  const { tables, group, read, servers, admin, follow, say, patienceMs = 60_000 } = options;
  const topics = tables.map(({ topic }) => topic);
  const homes = await Promise.all(servers.map(server => publishedTables(server, tables)));
  const unpublished = tables.filter(({ source }) => !homes.flat().includes(source));
  if (unpublished.length > 0)
    throw new Error(`no server publishes ${unpublished.map(({ source }) => source).join(', ')}`);

  // Old changes that are still on their way would mark rows that a lost delete should have taken away.
  await caughtUp({ admin, group, ends: await admin.ends(topics), patienceMs, say });
  const [started] = await read<{ id: string }>('insert into sync.rebuilds default values returning id');
  const number = started?.id ?? '';
  say(`rebuild ${number} of ${tables.map(({ target }) => target).join(', ')}`);

  const snapshots = servers.flatMap((server, i) => {
    const sources = homes[i] ?? [];
    return sources.length === 0
      ? []
      : [{ server, sources, signalId: `rebuild-${number}-${String(i + 1)}-${String(Date.now())}` }];
  });
  const progress = new Map<string, Progress>(snapshots.map(({ signalId }) => [signalId, notStarted]));
  const stop = await follow(`rebuild-read-${number}-${String(Date.now())}`, ({ value }) => {
    for (const [signalId, before] of progress)
      if (value !== null) progress.set(signalId, progressed(before, signalId, value));
    return Promise.resolve();
  });
  try {
    for (const { server, sources, signalId } of snapshots) await requestSnapshot(server, signalId, sources);
    await until(
      patienceMs,
      'the snapshot (does the tables connector run?)',
      () => {
        const all = [...progress.values()];
        const failure = all.find(one => one.failure !== undefined)?.failure;
        if (failure !== undefined) throw new Error(`snapshot: ${failure}`);
        const rows = all.flatMap(one => Object.entries(one.rows));
        return {
          done: all.every(one => one.done),
          state: rows.map(([table, n]) => `${table} ${String(n)} rows`).join(', '),
        };
      },
      say,
    );
  } finally {
    await stop();
  }

  // The end was told through another topic: a last row whose sending is being retried may come a moment behind it.
  await new Promise(resolve => setTimeout(resolve, 1_000));
  await caughtUp({ admin, group, ends: await admin.ends(topics), patienceMs, say });
  const swept: Record<string, number> = {};
  for (const { target, sweep } of tables) swept[target] = (await read<{ n: number }>(sweep, [number]))[0]?.n ?? 0;
  await read('update sync.rebuilds set finished_at = now(), swept = $2 where id = $1', [number, JSON.stringify(swept)]);
  say(
    `rebuild ${number} done; taken away: ${Object.entries(swept)
      .map(([table, n]) => `${table} ${String(n)}`)
      .join(', ')}`,
  );
  return swept;
}

async function publishedTables(server: Sql, tables: readonly Table[]): Promise<string[]> {
  const rows = await server<{ name: string }>(
    `select schemaname || '.' || tablename as name from pg_publication_tables
     where pubname = 'tables' and schemaname || '.' || tablename = any($1)`,
    [tables.map(({ source }) => source)],
  );
  return rows.map(({ name }) => name);
}

/** The connector reads this row from the WAL as its order. */
async function requestSnapshot(server: Sql, signalId: string, sources: readonly string[]): Promise<void> {
  const data = { type: 'incremental', 'data-collections': sources };
  await server(`insert into cdc.signals (id, type, data) values ($1, 'execute-snapshot', $2)`, [
    signalId,
    JSON.stringify(data),
  ]);
}

async function caughtUp(options: {
  admin: KafkaAdmin;
  group: string;
  ends: readonly PartitionEnd[];
  patienceMs: number;
  say: (line: string) => void;
}): Promise<void> {
  const { admin, group, ends, patienceMs, say } = options;
  const what = `read-sync to catch up (does it run?)`;
  await until(
    patienceMs,
    what,
    async () => {
      const left = await admin.behind(group, ends);
      return { done: left === 0n, state: left === 0n ? '' : `read-sync: ${String(left)} records to go` };
    },
    say,
  );
}

/** Polls until done; tells each new state, and gives up when the state stays the same for too long. */
async function until(
  patienceMs: number,
  what: string,
  check: () => { done: boolean; state: string } | Promise<{ done: boolean; state: string }>,
  say: (line: string) => void,
): Promise<void> {
  let last = '';
  for (let movedAt = performance.now(); ; await new Promise(resolve => setTimeout(resolve, 100))) {
    const { done, state } = await check();
    if (state !== last) {
      if (state !== '') say(state);
      last = state;
      movedAt = performance.now();
    }
    if (done) return;
    if (performance.now() - movedAt > patienceMs)
      throw new Error(`waited ${String(patienceMs / 1000)} s in vain for ${what}; nothing was taken away`);
  }
}
