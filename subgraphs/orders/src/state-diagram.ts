import { transitions, type Condition, type Transition } from './saga-table.ts';

/** The saga's statuses and what leads from one to the next, as a mermaid diagram made of the table that decides. */
export function stateDiagram(): string {
  const arrows = transitions.flatMap(transition =>
    transition.from.map(from => `  ${from} --> ${transition.to}: ${labelOf(transition)}`),
  );
  const ends = ['DELIVERED', 'CANCELLED'].map(status => `  ${status} --> [*]`);
  return ['stateDiagram-v2', '  [*] --> PENDING: placeOrder / OrderPlaced', ...arrows, ...ends, ''].join('\n');
}

const labelOf = ({ when, tells, begins = [], nextAttempt }: Transition): string => {
  const asked = begins.length === 0 ? [] : [`ask ${begins.join(', ')}${nextAttempt ? ' of the next attempt' : ''}`];
  const follows = [...asked, ...(tells === undefined ? [] : [tells])];
  return [conditionOf(when), ...follows].join(' / ');
};

function conditionOf({ done = [], due, refused, failed, leaves, settled, undone }: Condition): string {
  return [
    ...(done.length > 0 ? [`${done.join(', ')} done`] : []),
    ...(due === undefined ? [] : [`${due} not asked for`]),
    ...(refused === undefined ? [] : [`${refused} refused`]),
    ...(failed === undefined ? [] : [`${failed.join(' or ')} failed, or no answer`]),
    ...(settled === undefined ? [] : ['no machine still to answer']),
    ...(leaves === undefined ? [] : [leaves]),
    ...(undone === undefined ? [] : ['all undone']),
  ].join(', ');
}
