import type { Databases } from './databases.ts';
import { statement } from './statements.ts';

type Young = { readonly ageS: number };
type Line = {
  readonly lineNo: number;
  readonly productId: string;
  readonly sellerId: string;
  readonly quantity: number;
};

/** What each service knows of one order; undefined: it does not know it. */
export type OrderFacts = {
  readonly id: string;
  readonly orders?:
    | (Young & {
        readonly status: string;
        readonly saga: string;
        readonly totalMinor: number;
        readonly couponCode: string | null;
        /** How many events of each topic have come. */
        readonly told: Readonly<Record<string, number>>;
        readonly lines: readonly (Omit<Line, 'sellerId'> & {
          readonly sellerId: string | null;
          readonly status: string;
        })[];
        /** A machine has to answer: there is a deadline. */
        readonly isAwaited: boolean;
        /** Something that was asked to be undone is not yet. */
        readonly isOwed: boolean;
        /** Of what was to go back, by hand. */
        readonly settledMinor: number;
        /** Steps that an operator has settled by hand. */
        readonly closed: readonly string[];
      })
    | undefined;
  readonly payments?:
    | (Young & {
        readonly version: number;
        readonly coupon: string;
        readonly payment: string;
        readonly capturedMinor: number;
        readonly refundedMinor: number;
        /** Of refunds, by hand. */
        readonly settledMinor: number;
        readonly openRefunds: number;
      })
    | undefined;
  readonly inventory?:
    | (Young & {
        readonly version: number;
        readonly holds: readonly {
          readonly attempt: number;
          readonly state: string;
          readonly lines: readonly Line[];
        }[];
      })
    | undefined;
  readonly routing?:
    | (Young & {
        readonly version: number;
        readonly state: string;
        readonly parcels: readonly {
          readonly sellerId: string;
          readonly status: string;
          readonly lines: readonly Pick<Line, 'lineNo'>[];
        }[];
      })
    | undefined;
  readonly risk?: (Young & { readonly version: number }) | undefined;
};

const sources = ['orders', 'payments', 'inventory', 'routing', 'risk'] as const;

/** All that the services know of these orders, read one service after the other: only what rests meanwhile fits together. */
export async function readFacts(databases: Databases, ids: readonly string[]): Promise<OrderFacts[]> {
  const known = await Promise.all(
    sources.map(async name => {
      const rows = await databases[name]<{ id: string }>(statement(`${name}/order-facts`), [ids]);
      return [name, new Map(rows.map(row => [row.id, row]))] as const;
    }),
  );
  return ids.map(id => ({ id, ...Object.fromEntries(known.map(([name, rows]) => [name, rows.get(id)])) }));
}
