import type { Offsets } from './event-log.ts';

/** Transactions from `begun` on had not begun when the log had been read up to `offsets`: their records come behind. */
export type Mark = { readonly begun: number; readonly offsets: Offsets };

const mostMarks = 64;

/** From where log and outbox would have to be read again, were the process to end now. */
export function createHistory(first: Mark) {
  let marks: Mark[] = [first];
  return {
    add(mark: Mark): void {
      marks.push(mark);
      // After a long stand-still every other one will do: more is read again, nothing is left out.
      if (marks.length > mostMarks) marks = marks.filter((_, at) => at === 0 || at % 2 === 1);
    },
    /** The newest from which every row of transactions from `tx` on can be paired anew; older ones are forgotten. */
    before(tx: number): Mark {
      const at = marks.findLastIndex(({ begun }) => begun <= tx);
      marks = marks.slice(Math.max(0, at));
      return marks[0] ?? first;
    },
  };
}

export type History = ReturnType<typeof createHistory>;
