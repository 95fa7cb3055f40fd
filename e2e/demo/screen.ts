import { stripVTControlCharacters, styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Coloured on a terminal that shows colours (and unless NO_COLOR is set), plain anywhere else. */
export const painted = (style: Style, text: string): string => styleText(style, text);

export const reais = (minor: number): string => `R$ ${(minor / 100).toFixed(2).replace('.', ',')}`;

/** 95 → `1 h 35`, 40.2 → `40 min`, 2,900 → `2 d 0 h`. */
export function duration(minutes: number): string {
  const all = Math.round(Math.abs(minutes));
  const sign = minutes < 0 && all > 0 ? '-' : '';
  if (all < 60) return `${sign}${String(all)} min`;
  if (all < 2_880) return `${sign}${String(Math.floor(all / 60))} h ${String(all % 60).padStart(2, '0')}`;
  return `${sign}${String(Math.floor(all / 1_440))} d ${String(Math.floor((all % 1_440) / 60))} h`;
}

const clock = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'America/Sao_Paulo',
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** In the shop's own time zone: `Sat 14:05`. */
export const at = (instant: string): string => clock.format(new Date(instant)).replace(',', '');

/** Columns as wide as they must be; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map(row => row[column]?.length ?? 0)));
  const isNumber = head.map((_, column) => rows.every(row => /^[\d.,R$\s-]/.test(row[column] ?? '')));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        isNumber[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [painted('dim', line(head)), ...rows.map(line)];
}

/** Folding does not break it. */
export const unbroken = (text: string): string => text.replaceAll(' ', '\u00a0');

const lengthOf = (text: string): number => stripVTControlCharacters(text).length;

/** Lines of at most `width` characters, broken between words; a longer word stays whole. */
export function folded(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && lengthOf(last) + 1 + lengthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

export type Screen = {
  heading: (text: string) => void;
  say: (text: string) => void;
  lines: (lines: readonly string[]) => void;
  /** Something that came over the socket, with the time since `since` (of `performance.now`). */
  frame: (since: number, what: string, text: string, detail: string) => void;
};

/** `width` is the terminal's; what does not end at one is not folded. */
export function createScreen(write: (line: string) => void, width: () => number = () => Infinity): Screen {
  const print = (line: string): void => write(line.replaceAll('\u00a0', ' '));
  /** The first line as it is, the others under its `indent`. */
  const printFolded = (start: string, indent: number, text: string): void => {
    const [first = '', ...others] = folded(text, width() - indent);
    print(`${start}${first}`);
    for (const line of others) print(`${' '.repeat(indent)}${line}`);
  };
  return {
    heading: text => {
      print('');
      print(painted(['bold', 'cyan'], text));
    },
    say: text => (text === '' ? print('') : printFolded('  ', 2, text)),
    lines: lines => {
      for (const line of lines) print(`    ${line}`);
    },
    frame: (since, what, text, detail) => {
      const seconds = ((performance.now() - since) / 1_000).toFixed(2).padStart(7);
      const start = `  ${painted('dim', `${seconds} s`)}  ${painted('green', what.padEnd(6))} `;
      const indent = lengthOf(start);
      if (indent + lengthOf(text) + 2 + lengthOf(detail) <= width()) print(`${start}${text}  ${detail}`.trimEnd());
      else {
        print(`${start}${text}`.trimEnd());
        printFolded(' '.repeat(indent), indent, detail);
      }
    },
  };
}
