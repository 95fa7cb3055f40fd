import { roles, type Role, type Viewer } from '@waygraph/kit/auth';
import { codedError } from '@waygraph/kit/graphql-errors';
import type { GraphQLError } from 'graphql';
import type { Payload } from './frame.ts';

/** Who may have a feed: a role; one that owns an event by a field of its payload; one that is what an argument names. */
export type Rule = { readonly role: Role; readonly owns?: string; readonly is?: string };

/** `operator`, `customer owns customerId` or `seller is sellerId`; undefined when it is none of these. */
export function parseRule(text: string): Rule | undefined {
  const [role, verb, name, ...more] = text.trim().split(/\s+/);
  const known = roles.find(one => one === role);
  if (known === undefined || more.length > 0) return undefined;
  if (verb === undefined) return { role: known };
  if (name === undefined || (verb !== 'owns' && verb !== 'is')) return undefined;
  return verb === 'owns' ? { role: known, owns: name } : { role: known, is: name };
}

const isOne = (value: unknown, viewer: Viewer): boolean =>
  Array.isArray(value) ? value.length > 0 && value.every(one => one === viewer.sub) : value === viewer.sub;
const isAmong = (value: unknown, viewer: Viewer): boolean =>
  Array.isArray(value) ? value.includes(viewer.sub) : value === viewer.sub;

/** Those rules that this viewer can fulfil with these arguments; without rules everybody may. */
function rulesFor(rules: readonly Rule[], viewer: Viewer, args: Payload): Rule[] {
  return rules.filter(({ role, is }) => role === viewer.role && (is === undefined || isOne(args[is], viewer)));
}

/** Why this viewer may not subscribe, or undefined when it may: each event is looked at by itself. */
export function refusal(
  feed: { readonly allow: readonly Rule[] | undefined; readonly argument: string | undefined },
  viewer: Viewer | undefined,
  args: Payload,
): GraphQLError | undefined {
  if (feed.allow === undefined && feed.argument !== undefined) return undefined;
  if (viewer === undefined)
    return codedError(
      'UNAUTHENTICATED',
      'expected a token: send connection_init with payload {"authorization":"Bearer …"}',
    );
  if (feed.allow === undefined || rulesFor(feed.allow, viewer, args).length > 0) return undefined;
  return codedError('FORBIDDEN', 'your role may not subscribe to this');
}

/** Whether this viewer may see this event. */
export function maySee(
  rules: readonly Rule[] | undefined,
  viewer: Viewer | undefined,
  args: Payload,
  payload: Payload,
): boolean {
  if (rules === undefined) return true;
  if (viewer === undefined) return false;
  return rulesFor(rules, viewer, args).some(({ owns }) => owns === undefined || isAmong(payload[owns], viewer));
}
