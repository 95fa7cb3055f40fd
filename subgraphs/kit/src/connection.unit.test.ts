import { describe, expect, test } from '@jest/globals';
import { connection, readPage } from './connection.ts';

const key = (row: string) => row;

describe('a connection', () => {
  test('leaves out the row too many, which tells that there is more', () => {
    const page = readPage('letters', { first: 2 });
    const { nodes, edges, pageInfo } = connection('letters', ['a', 'b', 'c'], page, { key, hasPrevious: false });
    expect(nodes).toEqual(['a', 'b']);
    expect(edges.map(({ node }) => node)).toEqual(nodes);
    expect(pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: edges[0]?.cursor,
      endCursor: edges[1]?.cursor,
    });
  });

  test('its cursors lead back to the key, whatever is in it', () => {
    for (const row of ['a', '', 'ção:é', '💥', '{"a":1}']) {
      const { pageInfo } = connection('letters', [row], readPage('letters', { first: 1 }), { key, hasPrevious: false });
      expect(readPage('letters', { first: 1, after: pageInfo.endCursor }).after).toBe(row);
    }
  });

  test('an empty page has no cursors', () => {
    expect(connection('letters', [], readPage('letters', { first: 1 }), { key, hasPrevious: true }).pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: true,
      startCursor: null,
      endCursor: null,
    });
  });

  test.each([0, -1, 101, Number.NaN])('refuses first: %d', first => {
    expect(() => readPage('letters', { first })).toThrow('first: expected 1..100');
  });

  test.each([
    '',
    'x',
    '!',
    Buffer.from('numbers:1').toString('base64url'),
    `${Buffer.from('letters:a').toString('base64url')}=`,
    Buffer.from('letters:a\0').toString('base64url'),
  ])('refuses after: %j, which is no cursor of this list', after => {
    expect(() => readPage('letters', { first: 1, after })).toThrow('after: expected a cursor of this list');
  });

  test('null is no cursor given', () => {
    expect(readPage('letters', { first: 1, after: null }).after).toBeUndefined();
  });
});
