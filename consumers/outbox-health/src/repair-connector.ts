import { setTimeout } from 'node:timers/promises';
import type { Log } from '@waygraph/kit/log';
import type { ConnectClient, Connector } from './connect-client.ts';
import type { Place } from './place.ts';

/** What a connector's slot is, and what the connector thinks it is. */
export type Finding = {
  /** undefined: it does not exist. */
  readonly slot:
    | {
        readonly walStatus: string | null;
        readonly confirmed: bigint | null;
        /** The server's process that reads it for somebody; null: nobody reads it. */
        readonly pid: number | null;
      }
    | undefined;
  /** That of the look before; undefined: it was not there, or nobody looked. */
  readonly pidBefore: number | null | undefined;
  /** Where the connector wants to go on, asked after the slot; undefined: it has never been anywhere. */
  readonly offset: bigint | undefined;
};

/** Why a connector needs another slot or another position, if it does: nobody but us can help it then. */
export function ailment({ slot, pidBefore, offset }: Finding): string | undefined {
  if (slot === undefined) return 'its slot is gone';
  if (slot.walStatus === 'lost') return 'its slot is lost: the WAL it needs is gone';
  // The slot is told of the newest that was published, which may be newer than the offset that was kept just before: a connector that is
  // busy looks behind its slot until it keeps the next. But a slot can be moved or made anew only while nobody reads it. The connector
  // may fail of that, or go on without a word: then its first new offset hides what it left out.
  const isHeldOn = slot.pid !== null && slot.pid === pidBefore;
  if (!isHeldOn && offset !== undefined && slot.confirmed !== null && offset < slot.confirmed) return isAhead;
  return undefined;
}

type SlotRow = { wal_status: string | null; confirmed: string | null; active_pid: number | null };
const isAhead = 'its slot is ahead of it';
const patienceMs = 30_000;

/**
 * Looks at the connectors of a place and mends those whose slot is lost, dropped, made anew or moved: stopped, slot dropped where it is of
 * no use and created where there is none, remembered position forgotten, started. The outbox connector then goes on where the slot
 * stands, and the reconciler publishes what lies between; the tables connector takes a new snapshot.
 */
export function createConnectorRepair({ connect, log }: { connect: ConnectClient; log: Log }) {
  async function slotOf(place: Place, name: string): Promise<Finding['slot']> {
    const [row] = await place.sql<SlotRow>(
      `select wal_status, confirmed_flush_lsn - '0/0' as confirmed, active_pid from pg_replication_slots where slot_name = $1`,
      [name],
    );
    const confirmed = row?.confirmed ? BigInt(row.confirmed) : null;
    return row && { walStatus: row.wal_status, confirmed, pid: row.active_pid };
  }

  const isOf = ({ config }: Connector, place: Place): boolean =>
    config['database.hostname'] === place.host &&
    Number(config['database.port']) === place.port &&
    config['database.dbname'] === place.database;

  async function repair(place: Place, connector: Connector, cause: string): Promise<void> {
    const slot = connector.config['slot.name'] ?? '';
    const [row] = await place.sql<{ id: string }>(
      'insert into cdc.connector_repairs (connector, slot, cause) values ($1, $2, $3) returning id',
      [connector.name, slot, cause],
    );
    log.error({ place: place.name, connector: connector.name, slot, cause }, 'connector is being repaired');
    await connect.stop(connector.name);
    // Its walsender holds the slot, and its tasks the offsets, until they have ended.
    await until(async () => {
      if ((await slotOf(place, slot))?.walStatus === 'lost')
        await place.sql('select pg_drop_replication_slot($1)', [slot]);
      if ((await slotOf(place, slot)) === undefined)
        await place.sql(`select pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
      await connect.forgetOffsets(connector.name);
    });
    await connect.resume(connector.name);
    await place.sql('update cdc.connector_repairs set ended_at = now() where connector = $1 and id <= $2', [
      connector.name,
      row?.id,
    ]);
    log.info({ place: place.name, connector: connector.name, slot }, 'connector is repaired');
  }

  /** It stays stopped: whoever resumes it will find it without a position. Refused when that was meanwhile; the next look then sees it run. */
  async function forgetPosition(place: Place, { name, config }: Connector, cause: string): Promise<void> {
    const slot = config['slot.name'] ?? '';
    log.error({ place: place.name, connector: name, slot, cause }, 'the position of a stopped connector is forgotten');
    await connect.forgetOffsets(name);
    await place.sql('insert into cdc.connector_repairs (connector, slot, cause, ended_at) values ($1, $2, $3, now())', [
      ...[name, slot, cause],
    ]);
  }

  let repairs = 0;
  const pids = new Map<string, number | null | undefined>();
  return {
    /** Mends what needs it; gives how many that were. */
    async look(place: Place): Promise<number> {
      const connectors = (await connect.list()).filter(connector => isOf(connector, place));
      let mended = 0;
      for (const connector of connectors) {
        const slotName = connector.config['slot.name'] ?? '';
        const key = `${place.name} ${slotName}`;
        const slot = await slotOf(place, slotName);
        const offset = await connect.offset(connector.name);
        const interrupted = await halfDone(place, connector.name);
        const cause = ailment({ slot, pidBefore: pids.get(key), offset }) ?? interrupted;
        if (cause !== undefined) {
          // Who has stopped it, an operator or a repair that did not come to its end, only the books tell.
          if (cause === isAhead && connector.state === 'STOPPED' && interrupted === undefined)
            await forgetPosition(place, connector, cause);
          else await repair(place, connector, cause);
          mended += 1;
        }
        // Only now: a look that failed has to see the change once more.
        pids.set(key, slot?.pid);
      }
      repairs += mended;
      return mended;
    },
    repairs: () => repairs,
  };
}

async function halfDone(place: Place, connector: string): Promise<string | undefined> {
  const [row] = await place.sql<{ cause: string }>(
    'select cause from cdc.connector_repairs where connector = $1 and ended_at is null order by id desc limit 1',
    [connector],
  );
  return row?.cause;
}

async function until(work: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await setTimeout(200);
    }
  }
}

export type ConnectorRepair = ReturnType<typeof createConnectorRepair>;
