export type Config = {
  /** Ports of this machine, and where a connection to them leads instead. */
  readonly redirects?: Readonly<Record<string, number>>;
  /** By how much the clock goes wrong from the start. */
  readonly shiftMs?: number;
};

/** Gives this process a clock of its own. Only what tells the time of day is wrong: timers and what measures time go on as before. */
export function prepare({ shiftMs = 0 }: Config): { shift: (ms: number) => void } {
  const real = Date;
  let by = shiftMs;
  const now = (): number => real.now() + by;
  globalThis.Date = new Proxy(real, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    apply: () => new real(now()).toString(),
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  });
  return {
    shift: ms => {
      by = ms;
    },
  };
}
