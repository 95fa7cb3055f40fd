import { findCandidates, type Geography } from './candidates.ts';
import type { Located } from './locate-address.ts';
import { byScore, scored, type CandidateScore } from './score.ts';
import { splitLines, type Line, type Parcel } from './split-lines.ts';

export type { Located } from './locate-address.ts';
export type { CandidateScore } from './score.ts';
export type { Line, Parcel } from './split-lines.ts';

export type Choice = {
  /** One per chosen seller. */
  readonly parcels: readonly Parcel[];
  /** Lines that nobody can deliver. */
  readonly unserved: readonly Line[];
  /** Per line number who could deliver it, best first. */
  readonly byLine: ReadonlyMap<number, readonly CandidateScore[]>;
};

export type ChooseRequest = {
  readonly lines: readonly Line[];
  readonly at: Located;
  /** Per line number the sellers that are out of the question. */
  readonly excluded?: ReadonlyMap<number, ReadonlySet<string>>;
};

/** Gives the present factor of the lanes that have one; all others are 1. */
export type FactorOf = (laneIds: string[]) => Promise<ReadonlyMap<string, number>>;

/**
 * Chooses who sends which lines to a place. In the read database two statements, whatever the number of lines (three when a road
 * leads far around); nothing is written.
 */
export async function chooseSellers(
  geography: Pick<Geography, 'read' | 'roadKm'>,
  factorOf: FactorOf,
  request: ChooseRequest,
): Promise<Choice> {
  const { lines, at, excluded } = request;
  // The same product on two lines comes from one shelf.
  const needed = new Map<string, number>();
  for (const { productId, quantity } of lines) needed.set(productId, (needed.get(productId) ?? 0) + quantity);
  const wanted = lines.map(({ lineNo, productId }) => ({
    ...{ lineNo, productId, quantity: needed.get(productId) ?? 0 },
    excluded: [...(excluded?.get(lineNo) ?? [])],
  }));
  const found = await findCandidates(geography, wanted, at);
  const laneIds = [...new Set(found.map(({ laneId }) => laneId))];
  const factors = laneIds.length === 0 ? new Map<string, number>() : await factorOf(laneIds);
  const candidates = found
    .map(({ lineNos, ...candidacy }) => ({
      lineNos,
      score: scored({ ...candidacy, delayFactor: factors.get(candidacy.laneId) ?? 1 }),
    }))
    .toSorted((one, other) => byScore(one.score, other.score));
  const byLine = new Map(
    lines.map(({ lineNo }) => [
      lineNo,
      candidates.filter(({ lineNos }) => lineNos.includes(lineNo)).map(({ score }) => score),
    ]),
  );
  return { ...splitLines(lines, byLine), byLine };
}
