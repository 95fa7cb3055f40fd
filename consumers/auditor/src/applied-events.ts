import { serviceNames, type ServiceName } from '@waygraph/schema/services';
import type { Databases } from './databases.ts';
import type { Tally } from './finding.ts';
import { firstIdOf } from './order-ids.ts';
import { statement } from './statements.ts';
import { wantedEvents } from './wanted-events.ts';

const pageSize = 2_000;
const beforeAll = '00000000-0000-0000-0000-000000000000';

type Event = { readonly id: string; readonly type: string };
type ToldEvent = Event & { readonly topic: string; readonly key: string; readonly day: string; readonly ageS: number };
type Missing<E> = { readonly group: ServiceName; readonly event: E };

/** Events that a group wants and has not applied. More than once it cannot have: the id is its inbox's key. */
export async function missingOf<E extends Event>(databases: Databases, events: readonly E[]): Promise<Missing<E>[]> {
  const ofGroups = await Promise.all(
    serviceNames.map(async group => {
      const wanted = events.filter(({ type }) => wantedEvents[group].includes(type));
      if (wanted.length === 0) return [];
      const rows = await databases[group]<Event>(statement('every/applied-events'), [
        group,
        wanted.map(({ id }) => id),
      ]);
      const applied = new Set(rows.map(({ id }) => id));
      return wanted.filter(({ id }) => !applied.has(id)).map(event => ({ group, event }));
    }),
  );
  return ofGroups.flat();
}

const invariant = 'across/every-event-is-applied';

/**
 * Reads each outbox from an instant on, or from its beginning, and holds every event against the inboxes of the groups that want it.
 * What waits in a group's tables is under way, and what an operator has discarded there is settled: what it leaves undone is found elsewhere.
 */
export async function checkApplied(
  databases: Databases,
  { since, graceS }: { since: Date | undefined; graceS: number },
  tally: Tally,
): Promise<void> {
  for (const service of serviceNames) {
    let place = since === undefined ? ['-infinity', beforeAll] : [since.toISOString().slice(0, 10), firstIdOf(since)];
    for (let full = true; full;) {
      const events = await databases[service]<ToldEvent>(statement('every/told-events'), [...place, pageSize]);
      full = events.length === pageSize;
      const last = events.at(-1);
      if (last !== undefined) place = [last.day, last.id];
      tally.count(invariant, events.length);
      const missing = await missingOf(databases, events);
      const late = missing.filter(({ event }) => event.ageS >= graceS);
      const { waiting, discarded } = await whereAbouts(databases, late);
      for (const one of late) {
        const { group, event } = one;
        if (waiting.has(nameOf(one)) || discarded.has(nameOf(one))) continue;
        tally.find({
          invariant,
          id: event.id,
          detail: `${event.type} of ${event.key} (${service}): not applied by ${group}`,
        });
      }
      tally.leave(missing.length - late.length);
    }
  }
}

export const nameOf = ({ group, event }: Missing<Event>): string => `${group} ${event.id}`;

/** Of events that a group has not applied, those that wait in its tables and those that an operator has discarded there, by `nameOf`. */
export async function whereAbouts(
  databases: Databases,
  missing: readonly Missing<Event>[],
): Promise<{ waiting: ReadonlySet<string>; discarded: ReadonlySet<string> }> {
  const groups = [...new Set(missing.map(({ group }) => group))];
  const found = await Promise.all(
    groups.map(async group => {
      const ids = missing.filter(one => one.group === group).map(({ event }) => event.id);
      const rows = await databases[group]<Event & { waits: boolean }>(statement('every/parked-events'), [group, ids]);
      return rows.map(event => ({ group, event }));
    }),
  );
  const named = (waits: boolean) =>
    new Set(found.flat().flatMap(one => (one.event.waits === waits ? nameOf(one) : [])));
  return { waiting: named(true), discarded: named(false) };
}
