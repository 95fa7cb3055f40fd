import type { Sql } from './database.ts';
import type { Log } from './log.ts';

/** A replication slot of the connectors, as its server sees it. */
export type SlotState = {
  readonly slot: string;
  readonly active: boolean;
  /** reserved, extended, unreserved or lost. */
  readonly walStatus: string;
  /** How much of the WAL that the server keeps for it is used up: 0 to 1. A lost slot has used up all; without a limit it is always 0. */
  readonly used: number;
  /** WAL that is kept because of it, in bytes. */
  readonly retainedBytes: number;
};

export type SlotGuard = {
  /** New work would soon cost a connector its slot (or has): refuse it. As of the last answer; false before the first. */
  isOverloaded(): boolean;
  slots(): readonly SlotState[];
  /** Asks now; the guard does so by itself each interval. */
  look(): Promise<void>;
  stop(): void;
};

type Row = {
  slot: string;
  active: boolean;
  wal_status: string | null;
  safe: string | null;
  kept: string;
  limit: string;
};

/**
 * Slots of the connectors to this database. The server has one WAL for all its databases: what is written here also uses up what the
 * slots of other databases may keep back, which those who write there see, and nobody here.
 */
const question = `
  select slot_name as slot, active, wal_status, safe_wal_size as safe,
    coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0) as kept,
    pg_size_bytes(current_setting('max_slot_wal_keep_size')) as limit
  from pg_replication_slots where database = current_database() and slot_name ~ $1 order by slot_name`;

export function slotState(row: Row): SlotState {
  const limit = Number(row.limit);
  const lost = row.wal_status === 'lost';
  const used = lost ? 1 : row.safe === null || limit <= 0 ? 0 : 1 - Number(row.safe) / limit;
  return {
    slot: row.slot,
    active: row.active,
    // Without one it keeps back nothing yet.
    walStatus: row.wal_status ?? 'reserved',
    used: Math.min(1, Math.max(0, used)),
    retainedBytes: Number(row.kept),
  };
}

const connectorSlots = '^(outbox|tables)(_[0-9]+)?$';

/** The states of one database's slots, whose names match the regular expression; any login may ask. */
export const readSlots = async (sql: Sql, pattern = connectorSlots): Promise<SlotState[]> =>
  (await sql<Row>(question, [pattern])).map(slotState);

/**
 * Watches how much WAL the connectors' slots of a database still may keep back: from `warnAt` of the limit on it warns, from `refuseAt` on
 * it tells OVERLOADED until the share has fallen below `easeAt`. While the database does not answer, the last answer holds.
 */
export function createSlotGuard(options: {
  sql: Sql;
  log: Log;
  warnAt?: number;
  refuseAt?: number;
  easeAt?: number;
  intervalMs?: number;
  pattern?: string;
}): SlotGuard {
  const {
    sql,
    log,
    warnAt = 0.5,
    refuseAt = 0.8,
    easeAt = 0.7,
    intervalMs = 1_000,
    pattern = connectorSlots,
  } = options;
  let slots: readonly SlotState[] = [];
  const warned = new Set<string>();
  let overloaded = false;
  let away = false;
  let looking: Promise<void> | undefined;

  function tell(): void {
    for (const { slot, used, walStatus, active, retainedBytes } of slots) {
      if (used < warnAt) warned.delete(slot);
      else if (!warned.has(slot)) {
        warned.add(slot);
        log.warn({ slot, used, walStatus, active, retainedBytes }, 'a slot keeps back much of the WAL it may');
      }
    }
    const most = Math.max(0, ...slots.map(({ used }) => used));
    const now = overloaded ? most >= easeAt : most >= refuseAt;
    if (now !== overloaded)
      log[now ? 'error' : 'info'](
        { slots },
        now ? 'OVERLOADED: a slot is about to be lost' : 'no slot is in danger any more',
      );
    overloaded = now;
  }

  async function ask(): Promise<void> {
    try {
      slots = await readSlots(sql, pattern);
      away = false;
      tell();
    } catch (error) {
      if (!away) log.warn({ err: error }, 'slots cannot be seen now');
      away = true;
    }
  }

  const look = () => (looking ??= ask().finally(() => (looking = undefined)));
  const timer = setInterval(() => void look(), intervalMs).unref();
  void look();
  return {
    isOverloaded: () => overloaded,
    slots: () => slots,
    look,
    stop: () => {
      clearInterval(timer);
    },
  };
}
