import { userError, type UserError } from '@waygraph/kit/errors';
import {
  addedUp,
  checkAddress,
  checkLines,
  isQuantity,
  isState,
  isText,
  mostLines,
  type InputAddress,
  type InputLine,
} from '@waygraph/schema/inputs';
import { largestAmountMinor, type Address, type OrderLine, type PaymentMethod } from './order.ts';

/** What a client sends, as it came. */
export type OrderRequest = {
  lines: readonly InputLine[];
  shipTo: InputAddress;
  payment: PaymentMethod;
  couponCode?: string | null | undefined;
  allowPartial?: boolean | undefined;
  idempotencyKey: string;
};
export type Product = { readonly name: string; readonly priceMinor: number };

const refusal = (message: string, ...field: string[]): UserError =>
  userError('INVALID_INPUT', message, 'input', ...field);

const checkText = (text: string, longest: number, field: string): UserError[] =>
  isText(text, longest) ? [] : [refusal(`expected 1..${longest} characters`, field)];

/** Everything that is wrong with an order whatever the shop sells. */
export function checkRequest({ lines, shipTo, couponCode, idempotencyKey }: OrderRequest): UserError[] {
  return [
    ...checkLines(lines).map(({ message, field }) => refusal(message, 'lines', ...field)),
    ...checkAddress(shipTo).map(({ message, field }) => refusal(message, 'shipTo', ...field)),
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
    ...(served || !isState(shipTo.state)
      ? []
      : [userError('UNSERVED_ADDRESS', 'no hub serves this state', 'input', 'shipTo', 'state')]),
  ];
}

/** The lines that are bought, as the shop has them now. */
export const linesOf = ({ lines }: OrderRequest, products: ReadonlyMap<string, Product>): OrderLine[] =>
  addedUp(lines).map(line => ({
    ...line,
    name: products.get(line.productId)?.name ?? '',
    unitPriceMinor: products.get(line.productId)?.priceMinor ?? 0,
    status: 'ACTIVE',
    sellerId: null,
  }));

export const addressOf = ({ shipTo: { point, postalCode, city, state } }: OrderRequest): Address => ({
  ...(point ? { point: { lat: point.lat, lon: point.lon } } : {}),
  ...{ postalCode, city, state },
});
