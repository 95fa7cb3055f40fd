/** Something that must never be: which rule it breaks, the id of what breaks it (an order, an offer, an event, …) and how. */
export type Finding = { readonly invariant: string; readonly id: string; readonly detail: string };

/** Collects what was looked at and what was found, and how much was too young to be judged. */
export function createTally() {
  const checked: Record<string, number> = {};
  const findings: Finding[] = [];
  let underWay = 0;
  const underWayOrders: string[] = [];
  return {
    /** So many things were held against a rule. */
    count(invariant: string, things: number): void {
      checked[invariant] = (checked[invariant] ?? 0) + things;
    },
    find(...found: readonly Finding[]): void {
      findings.push(...found);
    },
    /** Things that are being worked on: they are judged when they are at rest. */
    leave(things: number): void {
      underWay += things;
    },
    /** So are these orders. */
    leaveOrders(...ids: readonly string[]): void {
      underWay += ids.length;
      underWayOrders.push(...ids);
    },
    result: () => ({ checked, findings, underWay, underWayOrders }),
  };
}

export type Tally = ReturnType<typeof createTally>;
