import type { UnitStatus } from './part.ts';

export type Report = {
  supervisor: { pid: number; since: string; memoryMb: number };
  units: Array<UnitStatus & { memoryMb?: number }>;
  connectors: Array<{ name: string; state: string }>;
  /** Pages that several processes share are counted once. */
  memoryMb: number;
  /** RSS of all added up, as ps shows it: PostgreSQL's shared buffers count once per backend. */
  rssMb: number;
  memoryBudgetMb: number;
};

const age = (since: string | undefined, now: number): string => {
  if (since === undefined) return '';
  const total = Math.max(0, Math.round((now - Date.parse(since)) / 1000));
  const [hours, minutes] = [Math.floor(total / 3600), Math.floor(total / 60) % 60];
  return hours > 0
    ? `${String(hours)} h ${String(minutes)} min`
    : minutes > 0
      ? `${String(minutes)} min ${String(total % 60)} s`
      : `${String(total)} s`;
};

const mb = (value: number | undefined): string => (value === undefined ? '' : `${String(Math.round(value))} MB`);

/** The table of `stack status`. */
export function statusTable(report: Report, now = Date.now()): string[] {
  const rows = [['part', 'state', 'pid', 'port', 'up', 'restarts', 'memory', '']];
  for (const unit of report.units) {
    const text = [unit.pid, unit.port].map(value => (value === undefined ? '' : String(value)));
    const restarts = unit.kind === 'step' ? '' : String(unit.restarts);
    rows.push([unit.name, unit.state, ...text, age(unit.since, now), restarts, mb(unit.memoryMb), unit.note ?? '']);
  }
  for (const { name, state } of report.connectors)
    rows.push([`connector ${name}`, state.toLowerCase(), '', '', '', '', '', '']);
  const { supervisor } = report;
  rows.push([
    'supervisor',
    'ready',
    String(supervisor.pid),
    '',
    age(supervisor.since, now),
    '',
    mb(supervisor.memoryMb),
    '',
  ]);
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const share = Math.round((100 * report.memoryMb) / report.memoryBudgetMb);
  return [
    ...lines,
    `memory of all: ${mb(report.memoryMb)} of ${mb(report.memoryBudgetMb)} (${String(share)} %); RSS added up ${mb(report.rssMb)}`,
  ];
}
