import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processes, sampleShop } from './processes.ts';
import { Fault } from './say.ts';

/** Connections that are not of a process's pool. */
const others = {
  'connectors (two, three connections each)': 6,
  'provisioning and probes': 4,
  'people, tests and benches': 30,
};

export type Budget = { total: number; usable: number; lines: Array<{ who: string; connections: number }> };

const sum = (pools: Readonly<Record<string, number>>) => Object.values(pools).reduce((total, size) => total + size, 0);

const setting = (config: string, name: string): number => {
  const value = new RegExp(`^${name}\\s*=\\s*(\\d+)`, 'm').exec(config)?.[1];
  if (value === undefined) throw new Error(`docker/postgres/postgresql.conf does not set ${name}`);
  return Number(value);
};

export function connectionBudget(
  config = readFileSync(join(import.meta.dirname, '../postgres/postgresql.conf'), 'utf8'),
  table: ReadonlyArray<{ name: string; pools: Readonly<Record<string, number>> }> = [...processes, sampleShop],
): Budget {
  const lines = [
    ...table.map(({ name, pools }) => ({ who: name, connections: sum(pools) })),
    ...Object.entries(others).map(([who, connections]) => ({ who, connections })),
  ];
  return {
    lines,
    total: lines.reduce((total, line) => total + line.connections, 0),
    usable: setting(config, 'max_connections') - setting(config, 'superuser_reserved_connections'),
  };
}

/** Refuses a configuration in which the pools could ask for more connections than PostgreSQL gives. */
export function assertBudget({ total, usable, lines }: Budget = connectionBudget()): void {
  if (total <= usable) return;
  const parts = lines.filter(line => line.connections > 0).map(line => `${line.who} ${String(line.connections)}`);
  throw new Fault(
    `connection budget: the pools add up to ${String(total)} and PostgreSQL gives ${String(usable)} (${parts.join(', ')}): ` +
      'make pools smaller in docker/src/processes.ts, or max_connections larger in docker/postgres/postgresql.conf',
  );
}
