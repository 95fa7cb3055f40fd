import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { someCatalogue } from './testing/some-catalogue.ts';
import { startInventory, type Inventory } from './testing/start-inventory.ts';

describe('loadCatalogue', () => {
  let inventory: Inventory;
  beforeAll(async () => {
    inventory = await startInventory();
  });
  afterAll(() => inventory.dispose());

  test('a repeat changes nothing; a newer catalogue changes what differs and leaves stock and status to the sellers', async () => {
    const prefix = uniqueId('load');
    const catalogue = someCatalogue(prefix, { sellers: 2, products: 3 });
    expect(await inventory.load(catalogue)).toEqual({ sellers: 2, products: 3, offers: 6 });
    expect(await inventory.load(catalogue)).toEqual({ sellers: 0, products: 0, offers: 0 });

    await inventory.sql(`update sellers set status = 'PAUSED', version = version + 1 where id = $1`, [
      `${prefix}-s000`,
    ]);
    const newer = {
      sellers: catalogue.sellers.map(seller => ({ ...seller, city: 'Canoas' })),
      products: catalogue.products.map((product, index) => (index === 0 ? { ...product, priceMinor: 1 } : product)),
      offers: catalogue.offers.map(offer => ({ ...offer, available: 999 })),
    };
    expect(await inventory.load(newer)).toEqual({ sellers: 2, products: 1, offers: 0 });
    expect(
      await inventory.sql('select status, city, version from sellers where id like $1 order by id', [`${prefix}%`]),
    ).toEqual([
      { status: 'PAUSED', city: 'Canoas', version: '3' },
      { status: 'ACTIVE', city: 'Canoas', version: '2' },
    ]);
    expect(
      await inventory.sql('select sum(available) as sum from stock where product_id like $1', [`${prefix}%`]),
    ).toEqual([{ sum: '60' }]);
  });

  test('a fault anywhere leaves nothing behind', async () => {
    const prefix = uniqueId('load');
    const catalogue = someCatalogue(prefix);
    await expect(
      inventory.load({ ...catalogue, products: [{ ...catalogue.products[0]!, priceMinor: 0 }] }),
    ).rejects.toThrow('products_price');
    expect(await inventory.sql('select from sellers where id like $1', [`${prefix}%`])).toEqual([]);
  });
});
