import { printable } from '../../base/printable.ts';
import type { Report } from '../../telemetry/events.ts';
import { progressLine } from './progressLine.ts';

/**
 * Events that come by the hundred in a delivery are printed one by one up to here, then every so
 * often.
 */
const PRINTED_FIRST = 10;
const PRINTED_EVERY = 500;
/**
 * After so long without an event of its kind, the next one is printed again: with --watch, another
 * delivery begins.
 */
const PAUSE_MS = 5_000;

/** Counts what happens, and prints it line by line. */
export interface Progress {
  readonly report: Report;
  /** How often each kind of event happened. */
  readonly counts: () => Record<string, number>;
  readonly say: (line: string) => void;
}

/** How often a frequent kind has come since its last pause, and when. */
interface Burst {
  readonly count: number;
  readonly at: number;
}

/**
 * Progress for people, written line by line with the seconds since `startedAt`. `now` answers
 * milliseconds since 1970.
 */
export function newProgress(write: (text: string) => void, now: () => number, startedAt = now()): Progress {
  const counts = new Map<string, number>();
  const bursts = new Map<string, Burst>();
  const sayAt = (at: number, line: string) =>
    write(`${((at - startedAt) / 1000).toFixed(1).padStart(6)}s  ${printable(line)}\n`);
  const isPrinted = (what: string, at: number): boolean => {
    const before = bursts.get(what);
    const isOn = before !== undefined && at - before.at < PAUSE_MS;
    const count = isOn ? before.count + 1 : 1;
    bursts.set(what, { count, at });
    return count <= PRINTED_FIRST;
  };
  return {
    say: (line) => sayAt(now(), line),
    counts: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    report: (event) => {
      const count = (counts.get(event.what) ?? 0) + 1;
      counts.set(event.what, count);
      const line = progressLine(event);
      if (line === undefined) return;
      const at = now();
      const isFrequent = event.what === 'file-staged' || event.what === 'object-ignored';
      if (!isFrequent || isPrinted(event.what, at)) sayAt(at, line);
      else if (count % PRINTED_EVERY === 0) sayAt(at, `${event.what}: ${count} so far`);
    },
  };
}
