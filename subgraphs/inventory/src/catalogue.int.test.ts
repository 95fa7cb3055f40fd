import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { searchProductIds } from './search-products.ts';
import { someCatalogue } from './testing/some-catalogue.ts';
import { startInventory, type Inventory } from './testing/start-inventory.ts';

describe('the catalogue', () => {
  let inventory: Inventory;
  const prefix = uniqueId('cat');
  // One product after which pages of this test's own products can start.
  const before = Buffer.from(`products:${prefix}-p`).toString('base64url');
  const operator = { sub: 'op', role: 'operator' } as const;

  beforeAll(async () => {
    inventory = await startInventory();
    await inventory.load(someCatalogue(prefix, { sellers: 4, products: 50 }));
  });
  afterAll(() => inventory.dispose());

  const page = async (args: string) =>
    await inventory.ask(
      undefined,
      `{ products(${args}) { nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
    );

  test('a page of 50 products with offers, sellers and sums takes four statements, as does a page of one', async () => {
    const whole = `query ($first: Int!, $after: String) { products(first: $first, after: $after) { nodes {
      id name category price { amountMinor currency } available
      offers { id available product { id name } seller { id name city state status location { lat lon } } }
    } } }`;
    await inventory.ask(undefined, whole, { first: 1 }); // the first of all also connects
    for (const first of [1, 50]) {
      inventory.statements.length = 0;
      const { data, errors } = await inventory.ask(undefined, whole, { first, after: before });
      expect(errors).toBeUndefined();
      expect(data.products.nodes).toHaveLength(first);
      expect(data.products.nodes[0]?.offers).toHaveLength(4);
      // Products, whether any stand before the page, offers, sellers.
      expect(inventory.statements).toHaveLength(4);
    }
  });

  test('pages follow each other in id order without gap or repeat, forwards to the end', async () => {
    const seen: string[] = [];
    let after = before;
    for (let more = true; more;) {
      const { products } = (await page(`first: 20, after: "${after}"`)).data;
      expect(products.nodes).toEqual(products.edges.map(({ node }) => node));
      expect(products.pageInfo).toMatchObject({
        startCursor: products.edges[0]?.cursor,
        endCursor: products.edges.at(-1)?.cursor,
      });
      const own = products.nodes.map(({ id }) => id).filter(id => id.startsWith(prefix));
      seen.push(...own);
      if (seen.length > 20) expect(products.pageInfo.hasPreviousPage).toBe(true);
      after = products.pageInfo.endCursor ?? '';
      more = products.pageInfo.hasNextPage && own.length === 20;
    }
    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => `${prefix}-p${String(index).padStart(3, '0')}`));
  });

  test('the first page has nothing before it, a page behind the end is empty', async () => {
    expect((await page('first: 1')).data.products.pageInfo).toMatchObject({
      hasPreviousPage: false,
      hasNextPage: true,
    });
    const end = Buffer.from('products:\u{10ffff}').toString('base64url');
    expect((await page(`first: 1, after: "${end}"`)).data.products).toEqual({
      nodes: [],
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
    });
  });

  test.each([
    ['first: 0', 'first'],
    ['first: 101', 'first'],
    ['first: -1', 'first'],
    ['after: "nonsense"', 'after'],
    [`after: "${Buffer.from('wallet:1').toString('base64url')}"`, 'after'],
    [`search: "${'a'.repeat(201)}"`, 'search'],
  ])('refuses products(%s), naming the argument', async (args, argument) => {
    const { data, errors } = await page(args);
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument } }]);
  });

  test('things that are not there are null, whatever their id looks like', async () => {
    const ask = (id: string) =>
      inventory.ask(undefined, `query ($id: ID!) { product(id: $id) { id } seller(id: $id) { id } }`, { id });
    for (const id of ['no-such', '', 'a\0b', 'x'.repeat(1_000), "'; drop table stock; --"]) {
      expect(await ask(id)).toEqual({ data: { product: null, seller: null } });
    }
  });

  test('what is reserved and the version are for the seller itself and operators', async () => {
    const query = `query ($id: ID!) { product(id: $id) { offers { available reserved version } } }`;
    const seen = async (viewer: Parameters<Inventory['ask']>[0]) =>
      (await inventory.ask(viewer, query, { id: `${prefix}-p000` })).data.product?.offers;
    const hidden = { available: 10, reserved: null, version: null };
    const shown = { available: 10, reserved: 0, version: 1 };
    expect(await seen(undefined)).toEqual([hidden, hidden, hidden, hidden]);
    expect(await seen({ sub: `${prefix}-s001`, role: 'seller' })).toEqual([hidden, shown, hidden, hidden]);
    expect(await seen({ sub: `${prefix}-s001`, role: 'customer' })).toEqual([hidden, hidden, hidden, hidden]);
    expect(await seen(operator)).toEqual([shown, shown, shown, shown]);
  });

  test('entities are found by their keys, for other subgraphs', async () => {
    const { data } = await inventory.ask(
      undefined,
      `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Product { id name } ... on Seller { id city } } }`,
      {
        r: [
          { __typename: 'Product', id: `${prefix}-p001` },
          { __typename: 'Seller', id: `${prefix}-s001` },
          { __typename: 'Seller', id: 'no-such' },
        ],
      },
    );
    expect(data._entities).toEqual([
      { id: `${prefix}-p001`, name: `Cafeteira ${prefix}-p001` },
      { id: `${prefix}-s001`, city: 'Porto Alegre' },
      null,
    ]);
  });

  test.each(['50%', '_', "d'água", '\\', 'a\0b', '   ', 'ção', 'uma duas três quatro cinco seis sete oito nove'])(
    'a search for %j is an answer, not an error',
    async search => {
      const { ids } = await searchProductIds(inventory.read, { search, category: undefined }, { first: 5, after: 'a' });
      expect(ids.length).toBeLessThanOrEqual(6);
    },
  );

  test('nobody but the gateway is answered', async () => {
    for (const query of ['{ _service { sdl } }', '{ __typename }', '{ products { nodes { id } } }']) {
      const response = await fetch(inventory.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'GATEWAY_ONLY' } }] });
    }
    expect((await fetch(`${inventory.url}?query={__typename}`)).status).toBe(404);
  });
});
