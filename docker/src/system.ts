import { join } from 'node:path';
import type { Group, Launch, Part, Unit, UnitStatus } from './part.ts';
import type { Marker } from './leftovers.ts';
import { Fault, messageOf, seconds, type Say } from './say.ts';
import { createSupervised, type Supervised } from './supervised.ts';

export type System = {
  /** Starts everything of these groups that does not run yet, each as soon as what it needs is there. */
  up: (groups: readonly Group[], say: Say) => Promise<void>;
  /** Stops in reverse order; without groups everything. */
  stop: (groups: readonly Group[], say: Say) => Promise<void>;
  release: (name: string) => Promise<Launch>;
  adopt: (name: string) => Promise<void>;
  status: () => UnitStatus[];
};

type Options = { units: readonly Unit[]; marker: Marker; logs: string; say: Say; changed: () => void };

export function createSystem({ units, marker, logs, say, changed }: Options): System {
  const parts = new Map<string, Supervised>();
  const steps = new Map<string, UnitStatus>();
  const started = new Map<string, Promise<void>>();
  for (const unit of units) {
    if (unit.kind === 'part')
      parts.set(unit.name, createSupervised(unit, { say, marker, logFile: join(logs, `${unit.name}.log`), changed }));
    else steps.set(unit.name, { name: unit.name, kind: 'step', group: unit.group, state: 'waiting', restarts: 0 });
  }
  let stopping = false;

  function startUnit(unit: Unit, tell: Say): Promise<void> {
    const known = started.get(unit.name);
    if (known) return known;
    const needed = unit.needs.map(name => {
      const need = units.find(other => other.name === name);
      if (!need) throw new Error(`${unit.name} needs ${name}, which does not exist`);
      return startUnit(need, tell);
    });
    const start = Promise.all(needed).then(async () => {
      if (stopping) throw new Fault('stopped before it was ready');
      const begin = performance.now();
      const done = (text: string) => {
        tell(`  ${unit.name.padEnd(16)} ${text} in ${seconds(performance.now() - begin)}`);
      };
      if (unit.kind === 'step') done(await runStep(unit, tell));
      else {
        await parts.get(unit.name)?.start();
        done(unit.port === undefined ? 'ready' : `ready on port ${String(unit.port)}`);
      }
    });
    started.set(unit.name, start);
    start.catch(() => started.delete(unit.name));
    return start;
  }

  async function runStep(step: Exclude<Unit, Part>, tell: Say): Promise<string> {
    const status = steps.get(step.name);
    const become = (state: 'starting' | 'done' | 'failed', note?: string) => {
      if (status) Object.assign(status, { state, ...(note === undefined ? {} : { note }) });
      changed();
    };
    become('starting');
    try {
      const text = await step.run(line => {
        tell(`  ${step.name.padEnd(16)} ${line}`);
      });
      become('done', text);
      return text;
    } catch (error) {
      become('failed', messageOf(error));
      throw error instanceof Fault ? error : new Error(`${step.name}: ${messageOf(error)}`, { cause: error });
    }
  }

  const stopParts = async (chosen: readonly Supervised[], tell: Say): Promise<void> => {
    await Promise.all(
      chosen.map(async one => {
        const begin = performance.now();
        const { state } = one.status();
        await one.stop();
        if (state !== 'waiting' && state !== 'stopped')
          tell(`  ${one.part.name.padEnd(16)} stopped in ${seconds(performance.now() - begin)}`);
      }),
    );
  };

  const find = (name: string): Supervised => {
    const part = parts.get(name);
    if (!part) throw new Fault(`there is no part "${name}"; there are ${[...parts.keys()].join(', ')}`);
    return part;
  };

  return {
    async up(groups, tell) {
      stopping = false;
      const starts = units.filter(unit => groups.includes(unit.group)).map(unit => startUnit(unit, tell));
      await Promise.all(starts);
    },
    async stop(groups, tell) {
      stopping = true;
      const all = [...parts.values()];
      const of = (group: Group, after: (part: Part) => boolean) =>
        all.filter(({ part }) => groups.includes(part.group) && part.group === group && after(part));
      // What depends on nothing of the stack goes last: the servers that hold data.
      await stopParts(
        of('app', () => true),
        tell,
      );
      await stopParts(
        of('stack', part => part.needs.length > 0),
        tell,
      );
      await stopParts(
        of('stack', part => part.needs.length === 0),
        tell,
      );
      for (const unit of units) if (groups.includes(unit.group)) started.delete(unit.name);
      stopping = false;
    },
    release: name => find(name).release(),
    adopt: name => find(name).start(),
    status: () => units.flatMap(unit => parts.get(unit.name)?.status() ?? steps.get(unit.name) ?? []),
  };
}
