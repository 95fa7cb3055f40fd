import type { EventDefinition } from '@waygraph/schema/events/define';
import { deliveryEvents } from '@waygraph/schema/events/delivery';
import { orderEvents } from '@waygraph/schema/events/orders';
import { paymentEvents } from '@waygraph/schema/events/payment';
import { riskEvents } from '@waygraph/schema/events/risk';
import { stockEvents } from '@waygraph/schema/events/stock';

const definitions: readonly EventDefinition[] = [
  ...[...orderEvents, ...deliveryEvents, ...stockEvents, ...paymentEvents, ...riskEvents],
];
const parsers = definitions.map(({ data }) => data.parse.bind(data));
const asItIs = (payload: unknown): unknown => payload;

/**
 * Whether what is told is checked against its schema from now on, in this whole process. That is a large part of a run's time, and
 * the same few shapes again and again: not every run needs it.
 */
export function checkPayloads(isChecked: boolean): void {
  for (const [index, { data }] of definitions.entries()) data.parse = isChecked ? (parsers[index] ?? asItIs) : asItIs;
}
