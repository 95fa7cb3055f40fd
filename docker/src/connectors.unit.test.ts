import { expect, test } from '@jest/globals';
import { connectorsOf } from './connectors.ts';

const server = {
  ...{ index: 2, host: '10.0.0.2', port: 5433, database: 'command', user: 'cdc', password: 'secret' },
  ...{ schemas: ['risk', 'cdc'], outboxTables: ['risk.outbox', 'risk.outbox_again'], capturedTables: ['cdc.beats'] },
  ...{
    slotSuffix: '-2' as const,
    slots: { outbox: 'outbox_2', tables: 'tables_2' },
    owners: [],
    cdc: { user: 'cdc', password: 'secret' },
  },
};

test('every server gets two connectors of its own, with names that cannot clash', () => {
  const [outbox, tables] = connectorsOf(server);
  expect(outbox).toMatchObject({
    name: 'outbox-2',
    config: {
      'topic.prefix': 'outbox-2',
      'slot.name': 'outbox_2',
      'database.hostname': '10.0.0.2',
      'table.include.list': 'risk\\.outbox,risk\\.outbox_again',
    },
  });
  expect(tables).toMatchObject({ name: 'tables-2', config: { 'topic.prefix': 'tables-2', 'slot.name': 'tables_2' } });
});

test('table topics have one name wherever the table lives', () => {
  for (const suffix of ['', '-2'] as const) {
    const config = connectorsOf({ ...server, slotSuffix: suffix })[1]?.config ?? {};
    const routed = `tables${suffix}.cdc.beats`.replace(
      new RegExp(`^${config['transforms.name.regex'] ?? ''}$`),
      config['transforms.name.replacement'] ?? '',
    );
    expect(routed).toBe('db.command.cdc.beats');
  }
});

test('no placeholder is left but the router’s own', () => {
  const left = connectorsOf(server).flatMap(({ config }) =>
    Object.values(config).flatMap(value => value.match(/\$\{\w+\}/g) ?? []),
  );
  expect(left).toEqual(['${routedByValue}']);
});
