import type { Log } from '@waygraph/kit/log';
import type { GraphQLFormattedError } from 'graphql';
import { readFeeds } from './feeds.ts';
import { createJoiner } from './join.ts';
import { startLogReader } from './log-reader.ts';
import type { Services } from './signed-data-source.ts';
import { createSubscribers } from './subscribers.ts';
import { createSubscriptions, type Subscriptions } from './subscribe.ts';

/** More than this does not wait for a reader that is too slow. */
const queueLimits = { maxRecords: 1_000, maxBytes: 1024 * 1024 };

/** Everything behind fed subscriptions; undefined when the supergraph has none: then no event log is needed. */
export function startLive(options: {
  supergraphSdl: string;
  services: Services;
  brokers: readonly string[];
  cursorSecret: string | undefined;
  formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;
  log: Log;
}): { subscriptions: Subscriptions; ready(): void; stop(): Promise<void> } | undefined {
  const { supergraphSdl, services, brokers, cursorSecret, formatError, log } = options;
  const feeds = readFeeds(supergraphSdl);
  if (feeds.size === 0) return undefined;
  if (cursorSecret === undefined)
    throw new Error(
      'CURSOR_SECRET: expected a secret of at least 32 characters, for @feed is in the supergraph; it is not set',
    );

  const subscribers = createSubscribers(feeds.values());
  const joiner = createJoiner({ supergraphSdl, services, log });
  const reader = startLogReader({
    ...{ brokers, topics: [...new Set([...feeds.values()].map(({ topic }) => topic))], log },
    onRecord: (record, after) => subscribers.deliver(record, after),
    onCut: topic => subscribers.cut(topic),
  });
  const subscriptions = createSubscriptions({
    ...{ feeds, joiner, log: reader, subscribers, services, cursorSecret, queueLimits, formatError },
  });
  return { subscriptions, ready: () => reader.ready(), stop: () => reader.stop() };
}
