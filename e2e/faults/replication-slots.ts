import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';

export type Slot = { name: string; active: boolean; confirmed: string };

/** What only the database's superuser may: to look at replication slots and to break them. */
export function openSlots() {
  const url = new URL(testEnv('ORDERS_DATABASE_URL'));
  url.username = testEnv('POSTGRES_ADMIN_USER');
  url.password = testEnv('POSTGRES_ADMIN_PASSWORD');
  const pool = createPool({ url: url.href, max: 1, name: 'slots' });
  const sql = sqlOfPool(pool);

  const slots = (): Promise<Slot[]> =>
    sql<Slot>(
      'select slot_name as name, active, confirmed_flush_lsn::text as confirmed from pg_replication_slots order by slot_name',
    );

  /** Whoever reads from it is thrown out first; done as often as it takes to be faster than their return. */
  async function insist(name: string, deed: string): Promise<boolean> {
    return await waitFor(
      async () => {
        await sql('select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1 and active', [
          name,
        ]);
        return (await sql(deed, [name])).length === 1;
      },
      { timeoutMs: 15_000, intervalMs: 10, what: `slot ${name} to be let go of` },
    );
  }

  return {
    slots,
    slot: async (name: string): Promise<Slot | undefined> => (await slots()).find(slot => slot.name === name),
    /** How often a connector of this server was found to be in another place than its slot, or without one. */
    repairs: async (connector: string): Promise<number> =>
      (await sql('select from cdc.connector_repairs where connector = $1', [connector])).length,
    /** The slot of a connector of this server, `outbox` or `tables`. */
    slotOf: async (connector: string): Promise<string> => {
      const found = (await slots()).find(({ name }) => name.includes(connector));
      if (found === undefined) throw new Error(`there is no slot of connector ${connector}`);
      return found.name;
    },
    /** True: it was there, and is dropped. */
    drop: (name: string): Promise<boolean> => insist(name, 'select pg_drop_replication_slot($1)'),
    /** To the present end of the log: whatever was not read yet will never be. */
    advance: (name: string): Promise<boolean> =>
      insist(name, 'select pg_replication_slot_advance($1, pg_current_wal_insert_lsn())'),
    close: () => pool.end(),
  };
}

export type Slots = Awaited<ReturnType<typeof openSlots>>;
