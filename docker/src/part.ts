/** How one run of a part is started. */
export type Launch = {
  command: string;
  args: readonly string[];
  env: Record<string, string>;
  cwd: string;
  uid?: number;
  gid?: number;
};

/** A program that runs as long as the system does. */
export type Part = {
  readonly kind: 'part';
  readonly name: string;
  readonly group: Group;
  readonly needs: readonly string[];
  readonly port?: number;
  /** Makes folders and files ready; called before every start, the restarts too. */
  prepare: () => Promise<Launch>;
  /** One real question to the part; rejects, saying why, until it can work. */
  probe: (signal: AbortSignal) => Promise<void>;
  /** Whether a running part still answers at all; a part that has not for long is started again. */
  alive?: (signal: AbortSignal) => Promise<void>;
  readonly readyWithinMs: number;
  readonly stopSignal: NodeJS.Signals;
  readonly stopWithinMs: number;
  /** How often it may end before it was ready for the first time; one more and the start has failed. */
  readonly earlyExits: number;
};

/** Something that is done once, after what it needs. Its text is what it has done. */
export type Step = {
  readonly kind: 'step';
  readonly name: string;
  readonly group: Group;
  readonly needs: readonly string[];
  run: (say: (line: string) => void) => Promise<string>;
};

export type Unit = Part | Step;

/** `stack`: the servers and what makes them usable; `app`: the processes of Waygraph. */
export type Group = 'stack' | 'app';

export type PartState =
  'waiting' | 'starting' | 'ready' | 'restarting' | 'stopping' | 'stopped' | 'released' | 'done' | 'failed';

export type UnitStatus = {
  name: string;
  kind: 'part' | 'step';
  group: Group;
  state: PartState;
  pid?: number;
  port?: number;
  since?: string;
  restarts: number;
  /** Why it is not ready, or why it was started again last. */
  note?: string;
};
