import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isHub, locateAddress, rememberPlaces } from './locate-address.ts';
import { readWorld, type ReadWorld } from './testing/read-world.ts';

let world: ReadWorld;
beforeAll(async () => {
  world = await readWorld('locate');
  await world.write(
    `insert into geo.postal_codes (state, prefix, location) values ('RS', $1, st_setsrid(st_makepoint(-52.1, -29.1), 4326))`,
    [prefix],
  );
  await world.write(
    `insert into geo.cities (state, plain_name, name, location)
     values ('RS', catalogue.plain($1), $1, st_setsrid(st_makepoint(-52.2, -29.2), 4326))`,
    [city],
  );
});
afterAll(async () => {
  await world.write('delete from geo.postal_codes where prefix = $1', [prefix]);
  await world.write('delete from geo.cities where plain_name = catalogue.plain($1)', [city]);
  await world.dispose();
});

// Letters of no real city, digits of no real postal code of the state.
const letters = Math.random().toString(36).replaceAll(/\d|\./g, '');
const city = `São ${letters}`;
const prefix = `0${String(Math.floor(Math.random() * 10_000)).padStart(4, '0')}`;
const address = { point: { lat: -29, lon: -52 }, postalCode: `${prefix}-123`, city, state: 'RS' };

test('by its point, else its postal code, else its city, else its state', async () => {
  const withoutPoint = { postalCode: address.postalCode, city, state: 'RS' };
  expect(await locateAddress(world.read, address)).toEqual({ lat: -29, lon: -52, hub: 'RS', locatedBy: 'POINT' });
  expect(await locateAddress(world.read, withoutPoint)).toMatchObject({
    ...{ lat: -29.1, lon: -52.1, locatedBy: 'POSTAL_CODE' },
  });
  expect(await locateAddress(world.read, { ...withoutPoint, point: null, postalCode: '99999999' })).toMatchObject({
    ...{ lat: -29.2, lon: -52.2, locatedBy: 'CITY' },
  });
  expect(await locateAddress(world.read, { ...withoutPoint, postalCode: '', city: 'Nowhere' })).toMatchObject({
    ...{ lat: -30.0346, lon: -51.2177, hub: 'RS', locatedBy: 'STATE' },
  });
});

test('whatever way people write it', async () => {
  const typed = { ...address, point: null };
  const by = async (change: object) => {
    const located = await locateAddress(world.read, { ...typed, ...change });
    return located === 'UNSERVED' ? located : located.locatedBy;
  };
  expect(await by({ postalCode: ` ${prefix.slice(0, 2)}.${prefix.slice(2)} 123 ` })).toBe('POSTAL_CODE');
  expect(await by({ postalCode: '', city: ` sao ${letters.toUpperCase()} ` })).toBe('CITY');
  // Another state's postal code and city say nothing.
  expect(await by({ state: 'SC' })).toBe('STATE');
});

test('nowhere: a state without hub, a point far outside of its state', async () => {
  expect(await locateAddress(world.read, { ...address, state: 'XX' })).toBe('UNSERVED');
  expect(await locateAddress(world.read, { ...address, point: { lat: 2.8, lon: -60.7 } })).toBe('UNSERVED');
  expect(await locateAddress(world.read, { ...address, point: { lat: 30, lon: 129 } })).toBe('UNSERVED');
  expect([await isHub(world.read, 'RS'), await isHub(world.read, 'XX'), await isHub(world.read, '')]).toEqual([
    ...[true, false, false],
  ]);
});

test('remembered places are the same, and asked for once while they are fresh', async () => {
  let now = 0;
  const locate = rememberPlaces(world.read, () => now);
  const withoutPoint = { ...address, point: null };
  const elsewhere = { ...address, point: { lat: -30, lon: -51 } };
  const addresses = [address, withoutPoint, { ...withoutPoint, postalCode: '' }, elsewhere];
  const expected = await Promise.all(addresses.map(each => locateAddress(world.read, each)));
  const ask = async () => {
    world.statements.length = 0;
    const found = [];
    for (const each of addresses) found.push(await locate(each));
    expect(found).toEqual(expected);
    return world.statements.length;
  };
  // One hub is enough for both points.
  expect([await ask(), await ask()]).toEqual([3, 0]);
  now += 60_000;
  expect(await ask()).toBe(3);
  const nowhere = { ...address, state: 'XX' };
  expect([await locate(nowhere), await locate(nowhere)]).toEqual(['UNSERVED', 'UNSERVED']);
  expect(world.statements).toHaveLength(5);
});
