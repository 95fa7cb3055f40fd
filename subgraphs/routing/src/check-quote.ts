import { userError, type UserError } from '@waygraph/kit/errors';
import type { Address } from './locate-address.ts';
import type { Line } from './split-lines.ts';

export type QuoteLineInput = { readonly productId: string; readonly quantity: number };

const largestQuantity = 10_000;
export const mostLines = 50;

/** The lines of a quote, the same product twice added up, in order of appearance. */
export function linesOf(given: readonly QuoteLineInput[]): Line[] {
  const byProduct = Map.groupBy(given, ({ productId }) => productId);
  return [...byProduct].map(([productId, same], index) => ({
    ...{ lineNo: index + 1, productId },
    quantity: same.reduce((sum, { quantity }) => sum + quantity, 0),
  }));
}

/** Every fault of what was asked, as placeOrder would find it. */
export const checkQuote = (lines: readonly QuoteLineInput[], shipTo: Address): UserError[] => [
  ...checkLines(lines),
  ...checkAddress(shipTo),
];

function checkLines(lines: readonly QuoteLineInput[]): UserError[] {
  if (lines.length < 1 || lines.length > mostLines)
    return [userError('INVALID_INPUT', `expected 1..${String(mostLines)} lines, got ${String(lines.length)}`, 'lines')];
  const sums = new Map<string, number>();
  return lines.flatMap(({ productId, quantity }, index): UserError[] => {
    const fault = (range: string): UserError[] => [
      userError('INVALID_INPUT', range, 'lines', String(index), 'quantity'),
    ];
    if (quantity < 1 || quantity > largestQuantity) return fault(`expected 1..${String(largestQuantity)}`);
    const sum = (sums.get(productId) ?? 0) + quantity;
    sums.set(productId, sum);
    return sum > largestQuantity ? fault(`expected at most ${String(largestQuantity)} of a product`) : [];
  });
}

function checkAddress({ point, postalCode, city, state }: Address): UserError[] {
  const fault = (message: string, ...field: string[]): UserError =>
    userError('INVALID_INPUT', message, 'shipTo', ...field);
  const text = (value: string, longest: number, field: string): UserError[] =>
    value.length >= 1 && value.length <= longest && !value.includes('\0') && value.isWellFormed()
      ? []
      : [fault(`expected 1..${String(longest)} characters`, field)];
  const degrees = (value: number | undefined, most: number, field: string): UserError[] =>
    value === undefined || (value >= -most && value <= most)
      ? []
      : [fault(`expected degrees from -${String(most)} to ${String(most)}, got ${String(value)}`, 'point', field)];
  return [
    ...degrees(point?.lat, 90, 'lat'),
    ...degrees(point?.lon, 180, 'lon'),
    ...text(postalCode, 20, 'postalCode'),
    ...text(city, 100, 'city'),
    ...(/^[A-Z]{2}$/.test(state) ? [] : [fault('expected two capital letters', 'state')]),
  ];
}
