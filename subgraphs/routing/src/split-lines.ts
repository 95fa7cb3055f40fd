import { byScore, type CandidateScore } from './score.ts';

export type Line = { readonly lineNo: number; readonly productId: string; readonly quantity: number };

export type Parcel = {
  readonly sellerId: string;
  readonly laneId: string;
  readonly lines: readonly Line[];
  readonly chosen: CandidateScore;
  /** Everybody who could deliver all lines of the parcel, best first, the chosen one among them. */
  readonly candidates: readonly CandidateScore[];
};

/** What one parcel less is worth: so much later may the one seller of all lines be than the last of several parcels. */
const togetherMinutes = 60;

/** Gives each line to its best candidate, or all of them to one who is hardly later than the last parcel would be. */
export function splitLines(
  lines: readonly Line[],
  byLine: ReadonlyMap<number, readonly CandidateScore[]>,
): { parcels: Parcel[]; unserved: Line[] } {
  const bestOf = (line: Line): CandidateScore | undefined => byLine.get(line.lineNo)?.[0];
  const served = lines.filter(line => bestOf(line) !== undefined);
  const unserved = lines.filter(line => bestOf(line) === undefined);
  const worst = Math.max(...served.map(line => bestOf(line)?.score ?? 0));
  const [one] = candidatesOfAll(served, byLine);
  const together = one !== undefined && one.score <= worst + togetherMinutes ? one : undefined;
  const bySeller = Map.groupBy(served, line => (together ?? bestOf(line))?.sellerId ?? '');
  const parcels = [...bySeller].flatMap(([sellerId, own]): Parcel[] => {
    const candidates = candidatesOfAll(own, byLine);
    const chosen = candidates.find(candidate => candidate.sellerId === sellerId);
    return chosen === undefined ? [] : [{ sellerId, laneId: chosen.laneId, lines: own, chosen, candidates }];
  });
  return { parcels, unserved };
}

function candidatesOfAll(
  lines: readonly Line[],
  byLine: ReadonlyMap<number, readonly CandidateScore[]>,
): CandidateScore[] {
  const [first, ...others] = lines.map(line => byLine.get(line.lineNo) ?? []);
  const known = others.map(candidates => new Set(candidates.map(({ sellerId }) => sellerId)));
  return (first ?? []).filter(({ sellerId }) => known.every(ids => ids.has(sellerId))).toSorted(byScore);
}
