import type { Feed } from './feeds.ts';
import type { LogRecord } from './log-record.ts';
import type { Position } from './log-reader.ts';

export type Listener = {
  onRecord(record: LogRecord, after: Position): void;
  /** Records are missing: what is told from now on would have a hole. */
  onCut(): void;
};

/** Whether a feed makes a frame of this record for somebody who asked for these values; undefined: for everything. */
export function concerns(feed: Feed, values: ReadonlySet<string> | undefined, record: LogRecord): boolean {
  if (feed.types?.has(record.type) === false) return false;
  return values === undefined || valuesOf(feed, record).some(value => values.has(value));
}

function valuesOf(feed: Feed, record: LogRecord): string[] {
  const value = record.payload()[feed.by];
  const all = Array.isArray(value) ? (value as unknown[]) : [value];
  return all.filter(one => typeof one === 'string' || typeof one === 'number').map(String);
}

/** Who listens to what: found by a hash look-up per feed of the record's topic, however many listen to other things. */
export function createSubscribers(feeds: Iterable<Feed>) {
  type Group = { feed: Feed; all: Set<Listener>; byValue: Map<string, Set<Listener>>; size: number };
  const groups = new Map<string, Group>();
  const byTopic = new Map<string, Group[]>();
  for (const feed of feeds) {
    const group: Group = { feed, all: new Set(), byValue: new Map(), size: 0 };
    groups.set(feed.field, group);
    byTopic.set(feed.topic, [...(byTopic.get(feed.topic) ?? []), group]);
  }

  return {
    /** Gives what undoes it. */
    add(feed: Feed, values: ReadonlySet<string> | undefined, listener: Listener): () => void {
      const group = groups.get(feed.field);
      if (group === undefined) throw new Error(`${feed.field} is not fed`);
      group.size += 1;
      if (values === undefined) group.all.add(listener);
      for (const value of values ?? []) {
        const listeners = group.byValue.get(value) ?? new Set();
        group.byValue.set(value, listeners.add(listener));
      }
      return () => {
        group.size -= 1;
        group.all.delete(listener);
        for (const value of values ?? []) {
          const listeners = group.byValue.get(value);
          listeners?.delete(listener);
          if (listeners?.size === 0) group.byValue.delete(value);
        }
      };
    },
    deliver(record: LogRecord, after: Position): void {
      for (const { feed, all, byValue, size } of byTopic.get(record.topic) ?? []) {
        if (size === 0 || feed.types?.has(record.type) === false) continue;
        const found = new Set(all);
        if (byValue.size > 0)
          for (const value of valuesOf(feed, record)) byValue.get(value)?.forEach(listener => found.add(listener));
        for (const listener of found) listener.onRecord(record, after);
      }
    },
    cut(topic: string): void {
      for (const { all, byValue } of byTopic.get(topic) ?? [])
        for (const listener of new Set([...all, ...[...byValue.values()].flatMap(one => [...one])])) listener.onCut();
    },
  };
}

export type Subscribers = ReturnType<typeof createSubscribers>;
