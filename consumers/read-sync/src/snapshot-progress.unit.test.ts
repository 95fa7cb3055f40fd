import { expect, test } from '@jest/globals';
import { notStarted, progressed } from './snapshot-progress.ts';

const told = (type: string, data: object = {}, id = 's1') =>
  JSON.stringify({
    id,
    aggregate_type: 'Incremental Snapshot',
    type,
    additional_data: { connector_name: 'tables', ...data },
  });

test('counts the tables and sees the end', () => {
  const scanned = told('TABLE_SCAN_COMPLETED', {
    scanned_collection: 'command.inventory.stock',
    total_rows_scanned: '1800',
    status: 'SUCCEEDED',
  });
  const after = [told('STARTED'), scanned, told('COMPLETED')].reduce(
    (progress, json) => progressed(progress, 's1', json),
    notStarted,
  );
  expect(after).toEqual({ done: true, rows: { 'inventory.stock': 1800 } });
});

test('another snapshot is none of ours', () => {
  expect(progressed(notStarted, 's1', told('COMPLETED', {}, 's2'))).toBe(notStarted);
});

test('a table that could not be read fails the rebuild', () => {
  const json = told('TABLE_SCAN_COMPLETED', {
    scanned_collection: 'command.inventory.stock',
    status: 'NO_PRIMARY_KEY',
  });
  expect(progressed(notStarted, 's1', json).failure).toBe('inventory.stock: NO_PRIMARY_KEY');
});
