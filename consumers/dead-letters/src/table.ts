/** Rows under their headings, each column as wide as it must be; the last one is cut to what is left of the line. */
export function table(headings: readonly string[], rows: ReadonlyArray<readonly string[]>, width = 160): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map(row => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const fit = (text: string) => (text.length > width ? `${text.slice(0, width - 1)}…` : text);
  return [headings, ...rows].map(cells => `${fit(line(cells))}\n`).join('');
}
