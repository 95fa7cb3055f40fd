import { userError, type UserError } from '@waygraph/kit/errors';
import { largestAmountMinor, type Address, type OrderLine, type PaymentMethod } from './order.ts';

/** What a client sends, as it came. */
export type OrderRequest = {
  lines: readonly { productId: string; quantity: number }[];
  shipTo: {
    point?: { lat: number; lon: number } | null | undefined;
    postalCode: string;
    city: string;
    state: string;
  };
  payment: PaymentMethod;
  couponCode?: string | null | undefined;
  allowPartial?: boolean | undefined;
  idempotencyKey: string;
};
export type Product = { readonly name: string; readonly priceMinor: number };

const mostLines = 50;
const largestQuantity = 10_000;

const refusal = (message: string, ...field: string[]): UserError =>
  userError('INVALID_INPUT', message, 'input', ...field);

/** Whether PostgreSQL and JSON take the text as it is: no NUL, no half of a character. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

const isQuantity = (quantity: number): boolean => quantity >= 1 && quantity <= largestQuantity;

const checkText = (text: string, longest: number, ...field: string[]): UserError[] =>
  text.length >= 1 && text.length <= longest && isStorable(text)
    ? []
    : [refusal(`expected 1..${longest} characters`, ...field)];

const checkDegrees = (degrees: number, most: number, name: string): UserError[] =>
  Math.abs(degrees) <= most ? [] : [refusal(`expected -${most}..${most}`, 'shipTo', 'point', name)];

function checkLines(lines: OrderRequest['lines']): UserError[] {
  if (lines.length < 1 || lines.length > mostLines) return [refusal(`expected 1..${mostLines} lines`, 'lines')];
  const sums = new Map<string, number>();
  return lines.flatMap(({ productId, quantity }, index) => {
    const field = ['lines', String(index), 'quantity'];
    if (!isQuantity(quantity)) return [refusal(`expected 1..${largestQuantity}`, ...field)];
    const sum = (sums.get(productId) ?? 0) + quantity;
    sums.set(productId, sum);
    return sum > largestQuantity ? [refusal(`expected at most ${largestQuantity} of a product`, ...field)] : [];
  });
}

/** Everything that is wrong with an order whatever the shop sells. */
export function checkRequest({ lines, shipTo, couponCode, idempotencyKey }: OrderRequest): UserError[] {
  const { point, postalCode, city, state } = shipTo;
  return [
    ...checkLines(lines),
    ...(point ? [...checkDegrees(point.lat, 90, 'lat'), ...checkDegrees(point.lon, 180, 'lon')] : []),
    ...checkText(postalCode, 20, 'shipTo', 'postalCode'),
    ...checkText(city, 100, 'shipTo', 'city'),
    ...(/^[A-Z]{2}$/.test(state) ? [] : [refusal('expected two capital letters', 'shipTo', 'state')]),
    ...(couponCode === undefined || couponCode === null ? [] : checkText(couponCode, 64, 'couponCode')),
    ...checkText(idempotencyKey, 255, 'idempotencyKey'),
  ];
}

/** What does not fit the shop as it is: products that are not there, a sum that is too high, a state that no hub serves. */
export function checkAgainstShop(
  { lines, shipTo }: OrderRequest,
  products: ReadonlyMap<string, Product>,
  /** Undefined: nobody can say now, so nobody is refused. */
  servedStates: ReadonlySet<string> | undefined,
): UserError[] {
  const unknown = lines
    .slice(0, mostLines)
    .flatMap(({ productId }, index) =>
      products.has(productId)
        ? []
        : [userError('NOT_FOUND', 'there is no such product', 'input', 'lines', String(index), 'productId')],
    );
  const sum = lines.reduce(
    (total, { productId, quantity }) =>
      isQuantity(quantity) ? total + quantity * (products.get(productId)?.priceMinor ?? 0) : total,
    0,
  );
  const served = servedStates?.has(shipTo.state) ?? true;
  return [
    ...unknown,
    ...(sum > largestAmountMinor ? [refusal(`expected a sum of at most ${largestAmountMinor}`, 'lines')] : []),
    ...(served || !/^[A-Z]{2}$/.test(shipTo.state)
      ? []
      : [userError('UNSERVED_ADDRESS', 'no hub serves this state', 'input', 'shipTo', 'state')]),
  ];
}

/** The lines that are bought: the same product twice is added up, at its first place. */
export function linesOf({ lines }: OrderRequest, products: ReadonlyMap<string, Product>): OrderLine[] {
  const quantities = new Map<string, number>();
  for (const { productId, quantity } of lines) quantities.set(productId, (quantities.get(productId) ?? 0) + quantity);
  return [...quantities].map(([productId, quantity], index) => ({
    lineNo: index + 1,
    productId,
    name: products.get(productId)?.name ?? '',
    quantity,
    unitPriceMinor: products.get(productId)?.priceMinor ?? 0,
    status: 'ACTIVE',
    sellerId: null,
  }));
}

export const addressOf = ({ shipTo: { point, postalCode, city, state } }: OrderRequest): Address => ({
  ...(point ? { point: { lat: point.lat, lon: point.lon } } : {}),
  ...{ postalCode, city, state },
});
