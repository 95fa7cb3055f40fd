import { scored, type CandidateScore } from '@waygraph/routing/score';
import { splitLines, type Line } from '@waygraph/routing/split-lines';
import type { Random } from './random.ts';

/** What one seller has of one product; nothing of it ever vanishes. */
export type StockShelf = {
  readonly productId: string;
  readonly sellerId: string;
  received: number;
  available: number;
  reserved: number;
  sold: number;
  sellerActive: boolean;
};

export type Product = { readonly id: string; readonly priceMinor: number };
export type Coupon = {
  readonly code: string;
  readonly percentOff: number | null;
  readonly amountOffMinor: number | null;
  readonly quota: number;
  readonly expiresAtMs: number | null;
  used: number;
};

/** A small shop where things run out. */
export type Market = {
  readonly products: readonly Product[];
  readonly sellerIds: readonly string[];
  readonly customerIds: readonly string[];
  readonly shelves: readonly StockShelf[];
  readonly shelvesOf: ReadonlyMap<string, readonly StockShelf[]>;
  readonly coupons: ReadonlyMap<string, Coupon>;
  readonly wallets: Map<string, { balanceMinor: number }>;
  /** What wallets and card accounts hold at the beginning, by account. */
  readonly ledger: Map<string, number>;
  readonly candidates: ReadonlyMap<string, readonly CandidateScore[]>;
};

export const shelfOf = ({ shelvesOf }: Market, productId: string, sellerId: string): StockShelf | undefined =>
  shelvesOf.get(productId)?.find(shelf => shelf.sellerId === sellerId);

export function createMarket(random: Random, orders: number, startMs: number): Market {
  const list = <Item>(length: number, make: (nth: number) => Item): Item[] =>
    Array.from({ length }, (_, nth) => make(nth + 1));
  const products = list(random.between(1, 4), nth => ({ id: `p${nth}`, priceMinor: random.between(1, 5_000) }));
  const sellerIds = list(random.between(1, 4), nth => `s${nth}`);
  const customerIds = list(random.between(1, 6), nth => `c${nth}`);
  // From a shop where hardly anybody gets what they want to one where everybody does.
  const plenty = random.pick([0.1, 0.5, 1, 2, 4]);
  const shelves = products.flatMap(({ id }) =>
    sellerIds
      .filter(() => random.chance(0.85))
      .map((sellerId): StockShelf => {
        const received = random.int(Math.ceil(orders * plenty) + 2);
        return { productId: id, sellerId, received, available: received, reserved: 0, sold: 0, sellerActive: true };
      }),
  );
  const coupons = list(2, (nth): Coupon => {
    const isPercent = random.chance(0.5);
    return {
      code: `k${nth}`,
      percentOff: isPercent ? random.between(1, 100) : null,
      amountOffMinor: isPercent ? null : random.between(1, 6_000),
      ...{ quota: random.between(1, Math.ceil(orders / 2)), used: 0 },
      expiresAtMs: random.chance(0.2) ? startMs + random.int(600_000) : null,
    };
  });
  const wallets = customerIds.map(
    id => [id, { balanceMinor: random.pick([0, 20_000, 1_000_000, 10_000_000]) }] as const,
  );
  const ledger = new Map(wallets.map(([id, { balanceMinor }]) => [`wallet:${id}`, balanceMinor]));
  ledger.set('cash', -[...ledger.values()].reduce((sum, each) => sum + each, 0));
  return {
    ...{ products, sellerIds, customerIds, ledger },
    shelves,
    shelvesOf: Map.groupBy(shelves, ({ productId }) => productId),
    coupons: new Map(coupons.map(coupon => [coupon.code, coupon])),
    wallets: new Map(wallets),
    candidates: new Map(sellerIds.map(id => [id, list(3, () => candidate(random, id))])),
  };
}

function candidate(random: Random, sellerId: string): CandidateScore {
  const hub = random.pick(['SP', 'RJ', 'RS']);
  return scored({
    ...{ sellerId, hub, laneId: `${hub}>SP`, firstMileKm: 10, lineHaulKm: 400, lastMileKm: 5 },
    ...{ handlingMinutes: random.between(60, 3_000), handlingOrders: 3, lineHaulMinutes: random.between(60, 3_000) },
    ...{ laneOrders: 9, lastMileMinutes: 120, outMinutes: 60, delayFactor: 1, penaltyMinutes: 0 },
    ratios: { q05: 0.5, q938: 1.6, q95: 1.7 },
  });
}

/** Who sends which lines, as routing sees the shelves: often as they were some time ago. */
export function chooseFrom(
  market: Market,
  random: Random,
  lines: readonly Line[],
  excluded: ReadonlyMap<number, ReadonlySet<string>>,
) {
  const seesAll = random.chance(0.3);
  const byLine = new Map<number, CandidateScore[]>();
  /** Who seems to have it, may they be asked or not. */
  const seen = new Map<number, string[]>();
  const mood = random.int(3);
  for (const { lineNo, productId } of lines) {
    const needed = lines.reduce((sum, line) => (line.productId === productId ? sum + line.quantity : sum), 0);
    const without = excluded.get(lineNo);
    const found: CandidateScore[] = [];
    const having: string[] = [];
    for (const { sellerId, available, sellerActive } of market.shelvesOf.get(productId) ?? []) {
      const seems = seesAll || (available >= needed && sellerActive);
      const candidate = market.candidates.get(sellerId)?.[mood];
      if (!seems || candidate === undefined) continue;
      having.push(sellerId);
      if (without?.has(sellerId) !== true) found.push(candidate);
    }
    seen.set(lineNo, having);
    byLine.set(
      lineNo,
      found.sort((one, other) => one.score - other.score || (one.sellerId < other.sellerId ? -1 : 1)),
    );
  }
  return { ...splitLines(lines, byLine), byLine, seen };
}
