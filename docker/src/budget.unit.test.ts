import { expect, test } from '@jest/globals';
import { assertBudget, connectionBudget } from './budget.ts';

const config = 'max_connections = 60\nsuperuser_reserved_connections = 3\n';

test('the pools of all processes fit the committed configuration', () => {
  const budget = connectionBudget();
  expect(budget.total).toBeLessThan(budget.usable);
  expect(() => {
    assertBudget(budget);
  }).not.toThrow();
});

test('pools that could ask for more are refused, and the message says who asks for how much', () => {
  const budget = connectionBudget(config, [
    { name: 'inventory', pools: { DATABASE_POOL: 20, READ_DATABASE_POOL: 4 } },
    { name: 'gateway', pools: {} },
  ]);
  expect(budget.usable).toBe(57);
  expect(() => {
    assertBudget(budget);
  }).toThrow(/add up to 64 and PostgreSQL gives 57 \(inventory 24, .*processes\.ts.*max_connections/);
});

test('a configuration without max_connections is a fault, not a guess', () => {
  expect(() => connectionBudget('shared_buffers = 1GB')).toThrow('max_connections');
});
