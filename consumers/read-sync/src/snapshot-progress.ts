/** What the connector has told of one incremental snapshot. */
export type Progress = {
  readonly done: boolean;
  readonly rows: Readonly<Record<string, number>>;
  /** Why it will not complete. */
  readonly failure?: string;
};

type Notification = {
  id?: unknown;
  aggregate_type?: unknown;
  type?: unknown;
  additional_data?: Record<string, unknown> | null;
};

export const notStarted: Progress = { done: false, rows: {} };

/** Takes in one notification (the record's JSON); those of other snapshots change nothing. */
export function progressed(progress: Progress, signalId: string, json: string): Progress {
  const { id, aggregate_type: about, type, additional_data: data } = JSON.parse(json) as Notification;
  if (id !== signalId || about !== 'Incremental Snapshot') return progress;
  if (type === 'COMPLETED') return { ...progress, done: true };
  if (type === 'ABORTED' || type === 'PAUSED')
    return { ...progress, failure: `the connector says ${type.toLowerCase()}` };
  if (type !== 'TABLE_SCAN_COMPLETED') return progress;
  const table = text(data?.['scanned_collection']).split('.').slice(-2).join('.');
  const status = text(data?.['status']);
  if (status !== 'SUCCEEDED' && status !== 'EMPTY') return { ...progress, failure: `${table}: ${status}` };
  return { ...progress, rows: { ...progress.rows, [table]: Number(data?.['total_rows_scanned'] ?? 0) } };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
