import type { Viewer } from '@waygraph/kit/auth';
import { WaygraphError } from '@waygraph/kit/errors';
import type { Feed } from './feeds.ts';
import type { Payload } from './frame.ts';
import { objectIn } from './log-record.ts';
import type { Services } from './signed-data-source.ts';

/** A present state, told as the record of the event that led to it. */
export type StateRecord = {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly seq: number;
  readonly at: string;
  readonly payload: () => Payload;
};

type Told = { eventId: string; type: string; key: string; seq: number; at: string; payload: string };

/** The present states of a feed, as the subgraph that owns them shows them to this viewer. */
export async function readSnapshot(
  services: Services,
  feed: Feed,
  args: Payload,
  viewer: Viewer | undefined,
): Promise<StateRecord[]> {
  const { service, query, field } = feed.snapshot;
  const variables = Object.fromEntries(feed.snapshot.arguments.map(name => [name, args[name] ?? null]));
  const answer = await services.ask(service, { query, variables }, viewer);
  const records = answer.data?.[field] as Told[] | null | undefined;
  if (answer.errors !== undefined || !Array.isArray(records)) {
    const reason = answer.errors?.map(({ message }) => message).join('; ') ?? 'no records';
    throw new WaygraphError('UNAVAILABLE', 'the present state cannot be read now', {
      cause: new Error(`${service}.${field}: ${reason}`),
    });
  }
  return records.map(({ eventId, payload, ...rest }) => {
    let parsed: Payload | undefined;
    return { ...rest, id: eventId, payload: () => (parsed ??= objectIn(payload)) };
  });
}
