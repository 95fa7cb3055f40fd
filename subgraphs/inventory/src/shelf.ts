export type AssignedLine = {
  readonly lineNo: number;
  readonly productId: string;
  readonly sellerId: string;
  readonly quantity: number;
};

/** What a seller has of a product at the moment of a decision. */
export type Shelf = {
  readonly productId: string;
  readonly sellerId: string;
  readonly available: number;
  readonly sellerActive: boolean;
};

/** The same line of the order, from the same seller. */
export const isSame = (one: AssignedLine, other: AssignedLine): boolean =>
  one.lineNo === other.lineNo && keyOf(one) === keyOf(other) && one.quantity === other.quantity;

type Deltas = { readonly available: number; readonly reserved: number; readonly sold: number };

/** By how much a shelf's numbers change; they sum to zero, since nothing comes in or is lost by an order. */
export type Move = Deltas & { readonly productId: string; readonly sellerId: string };

const perPiece = {
  RESERVE: { available: -1, reserved: 1, sold: 0 },
  RESERVE_AND_SELL: { available: -1, reserved: 0, sold: 1 },
  SELL: { available: 0, reserved: -1, sold: 1 },
  GIVE_BACK_RESERVED: { available: 1, reserved: -1, sold: 0 },
  GIVE_BACK_SOLD: { available: 1, reserved: 0, sold: -1 },
} as const satisfies Record<string, Deltas>;

export function movesOf(lines: readonly AssignedLine[], deed: keyof typeof perPiece): Move[] {
  const each = perPiece[deed];
  return lines.map(({ productId, sellerId, quantity }) => ({
    productId,
    sellerId,
    available: each.available * quantity,
    reserved: each.reserved * quantity,
    sold: each.sold * quantity,
  }));
}

const keyOf = ({ productId, sellerId }: { productId: string; sellerId: string }): string =>
  JSON.stringify([productId, sellerId]);

/** One move per shelf, however many lines touch it; what is given back and taken again is no move. */
export function sumOf(moves: readonly Move[]): Move[] {
  return [...Map.groupBy(moves, keyOf).values()]
    .map(ofShelf => ofShelf.reduce(add))
    .filter(({ available, reserved, sold }) => available !== 0 || reserved !== 0 || sold !== 0);
}

const add = (a: Move, b: Move): Move => ({
  ...a,
  available: a.available + b.available,
  reserved: a.reserved + b.reserved,
  sold: a.sold + b.sold,
});

/** The shelves behind these moves, for whoever decides next. */
export function afterMoves(shelves: readonly Shelf[], moves: readonly Move[]): readonly Shelf[] {
  if (moves.length === 0) return shelves;
  const byKey = new Map(moves.map(move => [keyOf(move), move.available]));
  return shelves.map(shelf => ({ ...shelf, available: shelf.available + (byKey.get(keyOf(shelf)) ?? 0) }));
}

export type Lack = { readonly lineNo: number; readonly why: 'not offered' | 'seller paused' | 'out of stock' };

/**
 * The lines that cannot be had, in their order: a line that fits is not blamed for another that does not. What is held already at
 * a seller may be kept, even when that seller has paused meanwhile.
 */
export function lackOf(
  lines: readonly AssignedLine[],
  held: readonly AssignedLine[],
  shelves: readonly Shelf[],
): Lack[] {
  const byKey = new Map(shelves.map(shelf => [keyOf(shelf), shelf]));
  const left = new Map(shelves.map(shelf => [keyOf(shelf), shelf.sellerActive ? shelf.available : 0]));
  for (const line of held) left.set(keyOf(line), (left.get(keyOf(line)) ?? 0) + line.quantity);
  return lines.flatMap(line => {
    const rest = (left.get(keyOf(line)) ?? 0) - line.quantity;
    if (rest >= 0) {
      left.set(keyOf(line), rest);
      return [];
    }
    const shelf = byKey.get(keyOf(line));
    const why = shelf === undefined ? 'not offered' : shelf.sellerActive ? 'out of stock' : 'seller paused';
    return [{ lineNo: line.lineNo, why }];
  });
}
