import { afterAll, describe, expect, test } from '@jest/globals';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import type { RawMessage } from '@waygraph/kit/kafka-delivery';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { createApply } from './apply.ts';
import { tables } from './tables.ts';

const pool = createPool({ url: testEnv('READ_SYNC_DATABASE_URL'), max: 2, name: 'read-sync-test' });
const sql = sqlOfPool(pool);
const apply = createApply({ pool, tables });
const mine = uniqueId('apply');

afterAll(async () => {
  await sql('delete from catalogue.offers where product_id like $1', [`${mine}%`]);
  await sql('delete from catalogue.sellers where id like $1', [`${mine}%`]);
  await pool.end();
});

const offer = (product: string, version: number, available = version) => ({
  ...{
    offer_id: `${mine}-${product}-o`,
    product_id: `${mine}-${product}`,
    seller_id: 's',
    available,
    reserved: 0,
    sold: 0,
    received: available,
  },
  ...{ version, updated_at: '2026-11-21T09:30:00.123456Z' },
});

const record = (op: string, row: ReturnType<typeof offer>, more: object = {}): RawMessage => ({
  ...{ topic: 'db.command.inventory.stock', partition: 0, offset: '0', headers: {}, timestampMs: 0 },
  key: JSON.stringify({ product_id: row.product_id, seller_id: row.seller_id }),
  value: JSON.stringify({ op, before: null, after: op === 'd' ? null : { ...row, ...more } }),
});

const versions = async (product: string) =>
  (
    await sql<{ version: string }>('select version from catalogue.offers where product_id = $1', [`${mine}-${product}`])
  ).map(({ version }) => Number(version));

describe('apply', () => {
  test('repeats and old versions change nothing, in one batch or many', async () => {
    await apply([record('c', offer('a', 1)), record('u', offer('a', 3)), record('u', offer('a', 2))]);
    expect(await versions('a')).toEqual([3]);
    for (const version of [1, 2, 3, 2]) await apply([record('u', offer('a', version))]);
    expect(await versions('a')).toEqual([3]);
  });

  test('deletes, and takes a row that was made again from version 1', async () => {
    await apply([record('c', offer('b', 9))]);
    await apply([
      record('d', offer('b', 9)),
      { ...record('d', offer('b', 9)), value: null },
      record('c', offer('b', 1)),
    ]);
    expect(await versions('b')).toEqual([1]);
    await apply([record('d', offer('b', 1))]);
    expect(await versions('b')).toEqual([]);
  });

  test('a snapshot marks what is there and takes no row back', async () => {
    await apply([record('u', offer('c', 5))]);
    const [rebuild] = await sql<{ id: string }>('insert into sync.rebuilds default values returning id');
    await apply([record('r', offer('c', 4))]);
    expect(await versions('c')).toEqual([5]);
    const [row] = await sql<{ seen: boolean }>(
      'select last_rebuild >= $2 as seen from catalogue.offers where product_id = $1',
      [`${mine}-c`, rebuild?.id],
    );
    expect(row?.seen).toBe(true);
  });

  test('a record that does not fit is named, and what came before it is done', async () => {
    const bad = { ...record('u', offer('d', 2), { available: 'many' }), offset: '41' };
    await expect(apply([record('c', offer('d', 1)), bad, record('u', offer('d', 3))])).rejects.toMatchObject({
      at: { offset: '41' },
      message: /available/,
    });
    expect(await versions('d')).toEqual([1]);
  });

  test('a row that the database refuses is named too', async () => {
    const bad = { ...record('u', offer('e', 2), { available: 3_000_000_000 }), offset: '42' };
    await expect(apply([record('c', offer('e', 1)), bad])).rejects.toMatchObject({ at: { offset: '42' } });
    expect(await versions('e')).toEqual([1]);
  });

  test('a seller becomes a point on the map', async () => {
    const row = {
      id: `${mine}-s`,
      name: 'Café',
      city: 'Porto Alegre',
      state: 'RS',
      lat: -30.03,
      lon: -51.22,
      status: 'ACTIVE',
      version: 1,
      updated_at: '2026-11-21T09:30:00Z',
    };
    const value = JSON.stringify({ op: 'r', before: null, after: row });
    await apply([
      {
        topic: 'db.command.inventory.sellers',
        partition: 0,
        offset: '0',
        headers: {},
        timestampMs: 0,
        key: JSON.stringify({ id: row.id }),
        value,
      },
    ]);
    const [seller] = await sql<{ lat: number; lon: number }>(
      'select st_y(location::geometry) as lat, st_x(location::geometry) as lon from catalogue.sellers where id = $1',
      [row.id],
    );
    expect(seller).toEqual({ lat: -30.03, lon: -51.22 });
  });
});
