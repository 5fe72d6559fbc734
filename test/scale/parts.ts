import { copyLines } from './copyLines.ts';
import { finalizeLines, hangingLines, outageLines } from './finalizeLines.ts';
import { functionLines } from './functionLines.ts';
import type { Line, Play } from './lines.ts';
import { monthLines } from './monthLines.ts';
import { reconcileLines } from './reconcileLines.ts';
import { sweepLines } from './sweepLines.ts';

/** What a part is played with, beside its size. */
type Playing = Omit<Play<unknown>, 'size'>;

/** A part of the table, at its full size and at one that takes seconds. */
interface Part {
  readonly full: (playing: Playing) => Promise<Line[]>;
  readonly small: (playing: Playing) => Promise<Line[]>;
}

function part<Size>(lines: (play: Play<Size>) => Promise<Line[]>, full: Size, small: Size): Part {
  return {
    full: (playing) => lines({ ...playing, size: full }),
    small: (playing) => lines({ ...playing, size: small }),
  };
}

/** As few environments as so few files keep at work: what each does once is not most of it. */
const FEW = { concurrency: 5 };

/** The parts of the table, by the name that `--only` takes. */
export const PARTS: Readonly<Record<string, Part>> = {
  'copy-one': part(copyLines, { payers: 1, files: 20_000 }, { payers: 1, files: 300, queue: FEW }),
  'copy-many': part(copyLines, { payers: 20, files: 500 }, { payers: 5, files: 60, queue: FEW }),
  'finalize-230': part(finalizeLines, { payers: 230 }, { payers: 30 }),
  'finalize-2000': part(finalizeLines, { payers: 2000 }, { payers: 150 }),
  hanging: part(hangingLines, { payers: 2000 }, { payers: 9 }),
  reconcile: part(reconcileLines, { payers: 2000, files: 500 }, { payers: 20, files: 10 }),
  outage: part(outageLines, { payers: 2000 }, { payers: 12 }),
  month: part(monthLines, { days: 45, files: 20 }, { days: 12, files: 3 }),
  sweep: part(sweepLines, { payers: 2000, days: 45 }, { payers: 20, days: 2 }),
  functions: part(functionLines, { files: 100 }, { files: 10 }),
};
