type Task = () => void;
type Entry = { readonly atMs: number; readonly nth: number; readonly task: Task };

/** The virtual clock: time passes only by going on to the next thing that is due. */
export type Agenda = {
  readonly now: () => number;
  /** What is put down for the past is due now; of two that are due together the one that was put down first comes first. */
  readonly at: (atMs: number, task: Task) => void;
  readonly after: (delayMs: number, task: Task) => void;
  /** Until nothing is left; gives how many tasks there were. Throws when there is no end to them. */
  readonly run: (mostTasks: number) => number;
};

const isSooner = (one: Entry, other: Entry): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.nth < other.nth);

export function createAgenda(startMs: number): Agenda {
  let nowMs = startMs;
  let count = 0;
  // A binary heap: the next entry is the first.
  const heap: Entry[] = [];

  function push(entry: Entry): void {
    let place = heap.length;
    heap.push(entry);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above] as Entry;
      if (!isSooner(entry, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = entry;
  }

  function pop(): Entry | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const below = right < heap.length && isSooner(heap[right] as Entry, heap[left] as Entry) ? right : left;
      const child = heap[below] as Entry;
      if (!isSooner(child, last)) break;
      heap[place] = child;
      place = below;
    }
    heap[place] = last;
    return first;
  }

  const at = (atMs: number, task: Task): void => push({ atMs: Math.max(atMs, nowMs), nth: ++count, task });
  return {
    now: () => nowMs,
    at,
    after: (delayMs, task) => at(nowMs + delayMs, task),
    run: mostTasks => {
      let done = 0;
      for (let next = pop(); next !== undefined; next = pop()) {
        if (++done > mostTasks) throw new Error(`no end after ${mostTasks} tasks`);
        nowMs = next.atMs;
        next.task();
      }
      return done;
    },
  };
}
