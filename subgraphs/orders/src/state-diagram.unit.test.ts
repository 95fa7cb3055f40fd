import { expect, test } from '@jest/globals';
import { orderStatus } from '@waygraph/schema/events/orders';
import { stateDiagram } from './state-diagram.ts';

const lines = stateDiagram().split('\n');

test('is a mermaid diagram with every status and nothing else', () => {
  expect(lines[0]).toBe('stateDiagram-v2');
  const arrows = lines.slice(1, -1).map(line => /^ {2}(\S+) --> (\S+?)(?:: (.+))?$/.exec(line));
  expect(arrows).not.toContain(null);
  const named = new Set(arrows.flatMap(arrow => [arrow![1]!, arrow![2]!]).filter(name => name !== '[*]'));
  expect([...named].toSorted()).toEqual(orderStatus.options.toSorted());
});

test('says what leads from one to the next, what is asked then and what is told', () => {
  expect(lines).toContain('  PENDING --> ROUTED: ASSIGNMENT done / ask STOCK, COUPON');
  expect(lines).toContain(
    '  PAID --> PAID: ASSIGNMENT done, CONFIRMATION refused / ask ASSIGNMENT of the next attempt',
  );
  expect(lines).toContain('  HANDED_OVER --> DELIVERED: DELIVERY done / OrderDelivered');
  expect(lines).toContain('  PAID --> CANCELLING: CANCEL done, no machine still to answer / OrderCancelling');
  expect(lines).toContain('  CANCELLING --> CANCELLED: all undone / OrderCancelled');
});

test('mermaid takes every label: no colon, no semicolon that would end it', () => {
  for (const line of lines.slice(1, -1)) expect(line.replace(/: /, ' ')).not.toMatch(/[:;]/);
});
