/** One line of the table: what was measured, and what it is held to. */
export interface Line {
  /** What was played. */
  readonly about: string;
  readonly what: string;
  readonly measured: number;
  readonly unit?: string;
  /** Without a bound a line only says how it is. */
  readonly bound?: { readonly is: 'at most' | 'at least'; readonly value: number };
  /** What the measure stands beside. */
  readonly beside?: string;
}

/** The lines of what was played. */
export function linesAbout(about: string, lines: readonly Omit<Line, 'about'>[]): Line[] {
  return lines.map((line) => ({ about, ...line }));
}

/** What a part is played with: how much of everything, and the seed of all chance. */
export interface Play<Size> {
  readonly size: Size;
  readonly seed: string;
  /** Hears how far it is. */
  readonly say: (progress: string) => void;
}

export function atMost(value: number): Pick<Line, 'bound'> {
  return { bound: { is: 'at most', value } };
}

export function atLeast(value: number): Pick<Line, 'bound'> {
  return { bound: { is: 'at least', value } };
}

/** Undefined for a line that has no bound. A measure that is no number holds none. */
export function isHeld({ measured, bound }: Line): boolean | undefined {
  if (!bound) return undefined;
  return bound.is === 'at most' ? measured <= bound.value : measured >= bound.value;
}

const VERDICTS = new Map([
  [true, 'held'],
  [false, '**not held**'],
  [undefined, ''],
]);

/** The lines as a table in Markdown. */
export function scaleTable(lines: readonly Line[]): string {
  const rows = lines.map((line) => {
    const { about, what, measured, unit, bound, beside } = line;
    const limit = [bound && `${bound.is} ${numberText(bound.value)}`, beside].filter(Boolean).join('; ');
    const amount = [numberText(measured), unit].filter(Boolean).join(' ');
    return `| ${about} | ${what} | ${amount} | ${limit} | ${VERDICTS.get(isHeld(line))} |`;
  });
  return ['| | what | measured | bound | |', '|---|---|--:|---|---|', ...rows].join('\n');
}

export function numberText(value: number): string {
  const digits = Math.abs(value) < 100 && !Number.isInteger(value) ? 2 : 0;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}
