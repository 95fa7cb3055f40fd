import { z } from 'zod';

export const behaviour = z.object({
  /** `timeout`: it is done, but the answer never comes. `error`: 500, and nothing is done. */
  outcome: z.enum(['approve', 'decline', 'timeout', 'error']),
  /** How many requests it holds for; without it, until another is set. */
  times: z.int().min(1).optional(),
  /** How long the answer takes. */
  latencyMs: z.int().min(0).max(60_000).optional(),
  /** Which requests it holds for; without it, charges and refunds. */
  of: z.enum(['charges', 'refunds']).optional(),
});

export type Behaviour = z.infer<typeof behaviour>;

/** How the next requests of a customer go; kept in memory only, so that a restart is a well-behaved provider again. */
export function createBehaviours() {
  const byCustomer = new Map<string, Behaviour>();
  return {
    set(customerId: string, wanted: Behaviour): void {
      byCustomer.set(customerId, wanted);
    },
    /** The behaviour for one request; uses up one of its times. */
    take(customerId: string, of: 'charges' | 'refunds'): Behaviour {
      const wanted = byCustomer.get(customerId);
      if (wanted === undefined || (wanted.of !== undefined && wanted.of !== of)) return { outcome: 'approve' };
      if (wanted.times !== undefined) {
        if (wanted.times === 1) byCustomer.delete(customerId);
        else byCustomer.set(customerId, { ...wanted, times: wanted.times - 1 });
      }
      return wanted;
    },
  };
}

export type Behaviours = ReturnType<typeof createBehaviours>;
