import { withTransaction, type Pool } from './database.ts';
import type { Transact } from './event-handler.ts';
import { KeyWaits } from './handle-alone.ts';
import { admit } from './inbox.ts';

/** So long an event that is alone in its transaction may wait for a lock, in ms: longer than it takes the server to find a deadlock. */
export const lockTimeoutMs = 2_000;

/** A transaction for each event: it remembers the event and does the work, unless the event was handled before. */
export const handleOnce =
  (pool: Pool, group: string): Transact =>
  (delivery, work) =>
    withTransaction(
      pool,
      async sql => {
        const { fresh, waiting } = await admit(sql, group, [{ id: delivery.id, key: delivery.key ?? '' }]);
        if (waiting.size > 0) throw new KeyWaits();
        if (fresh.size > 0) await work(sql);
      },
      { lockTimeoutMs },
    );
