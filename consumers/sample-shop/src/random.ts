import { createHash } from 'node:crypto';

export type Random = {
  /** A float in [0, 1). */
  next: () => number;
  /** An integer in [min, max], both included. */
  integer: (min: number, max: number) => number;
  /** An integer in [min, max], spread evenly over orders of magnitude, so that small ones are more frequent. */
  skewed: (min: number, max: number) => number;
  pick: <Item>(items: readonly Item[]) => Item;
  /** `count` different items in random order (all of them when there are fewer). */
  sample: <Item>(items: readonly Item[], count: number) => Item[];
};

/**
 * Random numbers that depend on `key` alone: sfc32, seeded with the key's SHA-256. Every thing of the shop has a key of its own, so
 * one thing more or less changes no other. Only integer arithmetic and correctly rounded operations, hence alike on every machine.
 */
export function createRandom(key: string): Random {
  const digest = createHash('sha256').update(key).digest();
  let [a, b, c, counter] = [
    digest.readInt32LE(0),
    digest.readInt32LE(4),
    digest.readInt32LE(8),
    digest.readInt32LE(12),
  ];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 2 ** 32;
  };
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  // Bisecting instead of Math.exp, whose last digit may differ between processors.
  const skewed = (min: number, max: number): number => {
    let [low, high] = [min, max + 1];
    while (high > low * 1.5) {
      const middle = Math.sqrt(low * high);
      if (next() < 0.5) high = middle;
      else low = middle;
    }
    return Math.min(max, Math.max(min, Math.floor(low + next() * (high - low))));
  };
  const sample = <Item>(items: readonly Item[], count: number): Item[] => {
    const rest = [...items];
    const chosen: Item[] = [];
    while (chosen.length < count && rest.length > 0) chosen.push(...rest.splice(integer(0, rest.length - 1), 1));
    return chosen;
  };
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[integer(0, items.length - 1)];
    if (item === undefined) throw new RangeError(`${key}: nothing to pick from`);
    return item;
  };
  return { next, integer, skewed, pick, sample };
}

const epochMs = 1_767_225_600_000; // 2026-01-01T00:00:00Z: all ids of the shop look as if made in the seconds after it

/** A valid UUIDv7 that depends on `key` and `order` alone; ids of one kind sort by `order`. */
export function stableId(key: string, order: number): string {
  const bits = createHash('sha256').update(key).digest();
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(epochMs + order, 0, 6);
  bits.copy(bytes, 6, 0, 10);
  bytes[6] = 0x70 | (bits.readUInt8(0) & 0x0f);
  bytes[8] = 0x80 | (bits.readUInt8(2) & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
