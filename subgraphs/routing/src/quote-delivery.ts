import type { Viewer } from '@waygraph/kit/auth';
import type { Sql } from '@waygraph/kit/database';
import { userError, type UserError } from '@waygraph/kit/errors';
import type { Geography } from './candidates.ts';
import { addedUp, mostLines, type InputLine } from '@waygraph/schema/inputs';
import { checkQuote } from './check-quote.ts';
import { chooseSellers, type Choice, type FactorOf } from './choose-sellers.ts';
import { assigned, estimateAt, promiseOf } from './eta.ts';
import type { Address, Located } from './locate-address.ts';
import { byScore, type CandidateScore } from './score.ts';

export type Quote = {
  readonly expectedAt: Date | null;
  readonly earliestAt: Date | null;
  readonly latestAt: Date | null;
  readonly promisedAt: Date | null;
  readonly candidates: CandidateScore[];
  readonly lines: {
    readonly productId: string;
    readonly quantity: number;
    readonly chosen: CandidateScore | null;
    readonly candidates: CandidateScore[];
  }[];
  readonly locatedBy: Located['locatedBy'] | null;
  readonly userErrors: UserError[];
};

type Deps = Geography & {
  readonly factorOf: FactorOf;
  readonly viewer: Viewer | undefined;
  readonly now: Date;
};

/** What placeOrder would choose for these lines at this moment; writes nothing. */
export async function quoteDelivery(
  { factorOf, viewer, now, ...geography }: Deps,
  request: { readonly lines: readonly InputLine[]; readonly shipTo: Address },
): Promise<Quote> {
  if (viewer?.role !== 'customer' && viewer?.role !== 'operator')
    return refused([userError('FORBIDDEN', 'quotes are for customers and operators')]);
  const faults = checkQuote(request.lines, request.shipTo);
  const unknown = await unknownProducts(geography.read, request.lines.slice(0, mostLines));
  if (faults.length + unknown.length > 0) return refused([...faults, ...unknown]);
  const at = await geography.locate(request.shipTo);
  if (at === 'UNSERVED')
    return refused([userError('UNSERVED_ADDRESS', 'the address lies outside every hub', 'shipTo', 'state')]);
  const lines = addedUp(request.lines);
  const choice = await chooseSellers(geography, factorOf, { lines, at });
  const everybody = new Map([...choice.byLine.values()].flat().map(candidate => [candidate.sellerId, candidate]));
  return {
    ...times(choice, now),
    candidates: [...everybody.values()].sort(byScore),
    lines: lines.map(({ lineNo, productId, quantity }) => ({
      ...{ productId, quantity },
      chosen: choice.parcels.find(parcel => parcel.lines.some(line => line.lineNo === lineNo))?.chosen ?? null,
      candidates: [...(choice.byLine.get(lineNo) ?? [])],
    })),
    locatedBy: at.locatedBy,
    userErrors: [],
  };
}

const noTimes = { expectedAt: null, earliestAt: null, latestAt: null, promisedAt: null };

const refused = (userErrors: UserError[]): Quote => ({
  ...{ ...noTimes, candidates: [], lines: [], locatedBy: null, userErrors },
});

/** Those of the last parcel. */
function times({ parcels, unserved }: Choice, now: Date): Pick<Quote, keyof typeof noTimes> {
  if (unserved.length > 0) return noTimes;
  const told = parcels.map(({ chosen }) => {
    const progress = assigned(chosen, now);
    return { ...estimateAt(progress, now), promisedAt: promiseOf(progress, now) };
  });
  const last = (name: keyof typeof noTimes): Date => new Date(Math.max(...told.map(one => one[name].getTime())));
  return {
    expectedAt: last('expectedAt'),
    earliestAt: last('earliestAt'),
    latestAt: last('latestAt'),
    promisedAt: last('promisedAt'),
  };
}

async function unknownProducts(read: Sql, lines: readonly InputLine[]): Promise<UserError[]> {
  const ids = [...new Set(lines.map(({ productId }) => productId))].filter(id => !id.includes('\0'));
  const rows = await read<{ id: string }>('select id from catalogue.products where id = any($1)', [ids]);
  const known = new Set(rows.map(({ id }) => id));
  return lines.flatMap(({ productId }, index) =>
    known.has(productId)
      ? []
      : [userError('NOT_FOUND', 'there is no such product', 'lines', String(index), 'productId')],
  );
}
