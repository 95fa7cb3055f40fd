const dayMs = 86_400_000;

/** The calendar day of an instant in a time zone, as YYYY-MM-DD. */
export const businessDay = (at: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);

export const dayBefore = (day: string): string => new Date(Date.parse(day) - dayMs).toISOString().slice(0, 10);

/** Whether a client wrote a day of the calendar: 2026-02-30 is none, nor is any of a year 0. */
export function isDay(given: unknown): given is string {
  if (typeof given !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(given) || given.startsWith('0000')) return false;
  const at = Date.parse(given);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(given);
}
