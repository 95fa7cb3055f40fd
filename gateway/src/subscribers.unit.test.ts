import { expect, test } from '@jest/globals';
import type { Feed } from './feeds.ts';
import { concerns, createSubscribers } from './subscribers.ts';
import { record } from './testing/fake-log.ts';

const feed = (field: string, more: Partial<Feed> = {}): Feed => ({
  ...{ field, topic: 't', types: undefined, by: 'id', argument: 'id', allow: undefined, latest: false, per: [] },
  snapshot: { service: 's', field: 'f', arguments: [], query: '' },
  frame: { root: 'R', types: new Map() },
  ...more,
});
const told = (type: string, payload: Record<string, unknown>) => record(0, 0, { type, payload: () => payload });

function listenersOf(...feeds: Feed[]) {
  const subscribers = createSubscribers(feeds);
  const heard: string[] = [];
  const listen = (name: string, to: Feed, values?: string[]) =>
    subscribers.add(to, values && new Set(values), {
      onRecord: () => heard.push(name),
      onCut: () => heard.push(`${name} cut`),
    });
  return { subscribers, listen, hear: () => heard.splice(0).toSorted() };
}

test('a record reaches those who asked for its value, or for everything, once', () => {
  const [one, several] = [feed('one'), feed('several', { by: 'ids', types: new Set(['A']) })];
  const { subscribers, listen, hear } = listenersOf(one, several);
  listen('x', one, ['x']);
  listen('y or x', one, ['y', 'x']);
  listen('z', one, ['z']);
  listen('all', one);
  listen('p or q', several, ['p', 'q']);
  subscribers.deliver(told('A', { id: 'x', ids: ['p', 'q'] }), [1]);
  expect(hear()).toEqual(['all', 'p or q', 'x', 'y or x']);
  subscribers.deliver(told('B', { id: 7, ids: ['p'] }), [1]);
  expect(hear()).toEqual(['all']);
  subscribers.deliver({ ...told('A', { id: 'x' }), topic: 'other' }, [1]);
  expect(hear()).toEqual([]);
});

test('who has left hears nothing any more; a cut is told to everybody of the topic', () => {
  const [here, elsewhere] = [feed('here'), feed('elsewhere', { topic: 'u' })];
  const { subscribers, listen, hear } = listenersOf(here, elsewhere);
  const leave = [listen('x', here, ['x']), listen('all', here)];
  listen('again', here, ['x', 'y']);
  listen('u', elsewhere, ['x']);
  subscribers.cut('t');
  expect(hear()).toEqual(['again cut', 'all cut', 'x cut']);
  for (const each of leave) each();
  subscribers.deliver(told('A', { id: 'x' }), [1]);
  expect(hear()).toEqual(['again']);
});

test('the same is true of a record that is read from the log', () => {
  const one = feed('one', { types: new Set(['A']) });
  const of = (type: string, values?: string[]) => concerns(one, values && new Set(values), told(type, { id: 'x' }));
  expect([of('A', ['x']), of('A', ['y']), of('A'), of('B'), of('A', [])]).toEqual([true, false, true, false, false]);
});
