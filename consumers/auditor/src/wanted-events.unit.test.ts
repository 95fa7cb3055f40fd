import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { deliveryEvents } from '@waygraph/schema/events/delivery';
import { paymentEvents } from '@waygraph/schema/events/payment';
import { stockEvents } from '@waygraph/schema/events/stock';
import { serviceNames } from '@waygraph/schema/services';
import { wantedEvents } from './wanted-events.ts';

const consumers = join(import.meta.dirname, '../..');

/** The types that the handlers of a consumer name. */
function handled(group: string): string[] {
  const folder = join(consumers, group, 'src');
  const sources = readdirSync(folder).filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  return sources.flatMap(file =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/\b(?:on|onMany|onWithCalls)\(\s*([A-Z]\w+)/g)].flatMap(
      ([, type]) => type ?? [],
    ),
  );
}

test.each(serviceNames.filter(name => name !== 'orders'))('%s is expected to apply what its consumer reads', group => {
  expect([...wantedEvents[group]].sort()).toEqual([...new Set(handled(group))].sort());
});

test('orders is expected to apply everything that is told about orders', () => {
  const told = [...deliveryEvents, ...stockEvents, ...paymentEvents].map(({ type }) => type);
  expect([...wantedEvents.orders].sort()).toEqual([...told, 'RiskLevelChanged', 'DelayConfirmed'].sort());
});
