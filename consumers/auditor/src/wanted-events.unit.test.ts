import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { stockFacts } from '@waygraph/inventory/stock-fact';
import { paymentFacts } from '@waygraph/payments/payment-fact';
import { riskEvents } from '@waygraph/risk/risk-fact';
import { deliveryEvents } from '@waygraph/schema/events/delivery';
import { paymentEvents } from '@waygraph/schema/events/payment';
import { stockEvents } from '@waygraph/schema/events/stock';
import { wantedEvents } from './wanted-events.ts';

const types = (definitions: readonly { readonly type: string }[]) => definitions.map(({ type }) => type);

/** The types that routing's handlers name, each in a file of its own. */
function handledByRouting(): string[] {
  const folder = join(import.meta.dirname, '../../routing/src');
  const sources = readdirSync(folder).filter(file => file.startsWith('on-') && !file.endsWith('.test.ts'));
  return sources.flatMap(
    file => /\b(?:on|onMany|onWithCalls)\(\[?([A-Z]\w+)/.exec(readFileSync(join(folder, file), 'utf8'))?.[1] ?? [],
  );
}

test.each([
  ['payments', types(paymentFacts)],
  ['inventory', types(stockFacts)],
  ['risk', types(riskEvents)],
  ['routing', handledByRouting()],
] as const)('%s is expected to apply what its consumer reads', (group, handled) => {
  expect([...wantedEvents[group]].sort()).toEqual([...handled].sort());
});

test('orders is expected to apply everything that is told about orders', () => {
  const told = types([...deliveryEvents, ...stockEvents, ...paymentEvents]);
  expect([...wantedEvents.orders].sort()).toEqual([...told, 'RiskLevelChanged', 'DelayConfirmed'].sort());
});
