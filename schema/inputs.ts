// What several subgraphs take alike (see subgraphs/shared.graphql), and what is wrong with it whoever is asked.

/** A field's path within the input, and what was expected there. */
export type InputFault = { readonly message: string; readonly field: readonly string[] };
export type InputLine = { readonly productId: string; readonly quantity: number };
export type InputAddress = {
  readonly point?: { readonly lat: number; readonly lon: number } | null | undefined;
  readonly postalCode: string;
  readonly city: string;
  readonly state: string;
};

export const mostLines = 50;
export const largestQuantity = 10_000;

/** Whether PostgreSQL and JSON take the text as it is: no NUL, no half of a character. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** A text of 1 to `longest` characters that can be stored. */
export const isText = (text: string, longest: number): boolean =>
  text.length >= 1 && text.length <= longest && isStorable(text);

export const isQuantity = (quantity: number): boolean => quantity >= 1 && quantity <= largestQuantity;

/** How a state is written; whether any hub serves it is another question. */
export const isState = (state: string): boolean => /^[A-Z]{2}$/.test(state);

/** Every fault of the lines of an order or a quote. */
export function checkLines(lines: readonly InputLine[]): InputFault[] {
  if (lines.length < 1 || lines.length > mostLines)
    return [{ message: `expected 1..${mostLines} lines, got ${lines.length}`, field: [] }];
  const sums = new Map<string, number>();
  return lines.flatMap(({ productId, quantity }, index) => {
    const field = [String(index), 'quantity'];
    if (!isQuantity(quantity)) return [{ message: `expected 1..${largestQuantity}`, field }];
    const sum = (sums.get(productId) ?? 0) + quantity;
    sums.set(productId, sum);
    return sum > largestQuantity ? [{ message: `expected at most ${largestQuantity} of a product`, field }] : [];
  });
}

/** Every fault of an address. */
export function checkAddress({ point, postalCode, city, state }: InputAddress): InputFault[] {
  const text = (value: string, longest: number, name: string): InputFault[] =>
    isText(value, longest) ? [] : [{ message: `expected 1..${longest} characters`, field: [name] }];
  const degrees = (value: number, most: number, name: string): InputFault[] =>
    Math.abs(value) <= most
      ? []
      : [{ message: `expected degrees from -${most} to ${most}, got ${value}`, field: ['point', name] }];
  return [
    ...(point ? [...degrees(point.lat, 90, 'lat'), ...degrees(point.lon, 180, 'lon')] : []),
    ...text(postalCode, 20, 'postalCode'),
    ...text(city, 100, 'city'),
    ...(isState(state) ? [] : [{ message: 'expected two capital letters', field: ['state'] }]),
  ];
}

/** The same product twice is added up, at its first place. */
export const addedUp = (lines: readonly InputLine[]): { lineNo: number; productId: string; quantity: number }[] =>
  [...Map.groupBy(lines, ({ productId }) => productId)].map(([productId, same], index) => ({
    lineNo: index + 1,
    productId,
    quantity: same.reduce((sum, { quantity }) => sum + quantity, 0),
  }));
