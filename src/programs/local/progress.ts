import { counted } from '../../base/counted.ts';
import { printable, quoteValue } from '../../base/printable.ts';
import { partitionName } from '../../billing/partition.ts';
import type { ReactorEvent, Report } from '../../telemetry/events.ts';

/** What comes by the hundred in a delivery is said one by one up to here, then every so often. */
const SAID_FIRST = 10;
const SAID_EVERY = 500;
/** After so long without one of its kind, the next one is said again: with --watch, another delivery begins. */
const PAUSE_MS = 5_000;

/** Counts what happens, and says it line by line. */
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
 * Progress for people, written line by line with the seconds since `startedAt`. `now` answers milliseconds since 1970.
 */
export function newProgress(write: (text: string) => void, now: () => number, startedAt = now()): Progress {
  const counts = new Map<string, number>();
  const bursts = new Map<string, Burst>();
  const sayAt = (at: number, line: string) =>
    write(`${((at - startedAt) / 1000).toFixed(1).padStart(6)}s  ${printable(line)}\n`);
  const isSaid = (what: string, at: number): boolean => {
    const before = bursts.get(what);
    const isOn = before !== undefined && at - before.at < PAUSE_MS;
    const count = isOn ? before.count + 1 : 1;
    bursts.set(what, { count, at });
    return count <= SAID_FIRST;
  };
  return {
    say: (line) => sayAt(now(), line),
    counts: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    report: (event) => {
      const count = (counts.get(event.what) ?? 0) + 1;
      counts.set(event.what, count);
      const line = lineOf(event);
      if (line === undefined) return;
      const at = now();
      const isFrequent = event.what === 'file-staged' || event.what === 'object-ignored';
      if (!isFrequent || isSaid(event.what, at)) sayAt(at, line);
      else if (count % SAID_EVERY === 0) sayAt(at, `${event.what}: ${count} so far`);
    },
  };
}

/** One line about an event; undefined for what nobody wants to read. Keys are hostile: they are quoted. */
function lineOf(event: ReactorEvent): string | undefined {
  switch (event.what) {
    case 'file-staged':
      return `staged      ${partitionName(event.partition)}  ${fileName(event.key)}, ${counted(event.rows, 'row')}`;
    case 'file-empty':
      return `empty       ${partitionName(event.partition)}  ${fileName(event.key)}: a surplus part`;
    case 'file-quarantined':
    case 'manifest-quarantined':
      return `quarantined ${partitionName(event.partition)}  ${fileName(event.key)}: ${event.reason}`;
    case 'file-set-aside':
      return `set aside   ${partitionName(event.partition)}  ${fileName(event.key)}: ${event.reason}`;
    case 'file-withdrawn':
      return `withdrawn   ${partitionName(event.partition)}  ${fileName(event.key)}: ${event.reason}`;
    case 'ledger-behind':
      return `behind      ${event.period}  the ledger is at run ${event.epoch}, the warehouse at ${event.warehouseEpoch}: going on from there`;
    case 'warehouse-behind':
      return `behind      ${partitionName(event.partition)}  the warehouse does not show what was published: loading it again`;
    case 'object-retried':
      return `trying on   ${quoteValue(event.key)}: ${event.reason} (attempt ${event.attempts})`;
    case 'object-ignored':
      return `ignored     ${quoteValue(event.key)}: ${event.reason}`;
    case 'source-unknown':
      return `unknown     ${event.bucket} ${quoteValue(event.key)}: not known yet whose it is`;
    case 'delivery-known':
      return `delivery    ${partitionName(event.partition)}  ${event.executionId}: ${counted(event.files, 'file')}, ${event.missing} missing`;
    case 'delivery-unsure':
      return `unsure      ${partitionName(event.partition)}  ${event.executionId}: ${counted(event.keys.length, 'file')} may be of another delivery, and it is looked at again: ${fileName(event.keys[0] ?? '')}`;
    case 'partition-published':
      return `published   ${partitionName(event.partition)}  ${counted(event.files, 'file')}, ${counted(event.rows, 'row')}`;
    case 'partition-held':
      return `held        ${partitionName(event.partition)}  ${event.reason}`;
    case 'registration-failed':
    case 'verification-failed':
    case 'analytics-failed':
      return `failed      ${partitionName(event.partition)}  ${event.reason} (attempt ${event.attempts})`;
    case 'analytics-done':
      return `analysed    ${event.period}  ${counted(event.partitions, 'payer')}`;
    case 'analytics-handed-on':
      return `analysing   ${event.period}  ${event.stepsDone} of ${counted(event.steps, 'step')}`;
    case 'analytics-cancelled':
      return `cancelled   ${event.period}  analytics: ${event.reason}`;
    case 'payer-fresh':
      return event.isStale
        ? `stale       ${event.payer} ${counted(Math.round(event.hours), 'hour')} without a delivery`
        : undefined;
    case 'messages-kept':
      return `kept        ${counted(event.count, 'message')}: ${event.reason}`;
    case 'message-unroutable':
      return `unroutable  ${event.routingKey}: no queue is bound for it`;
    case 'message-dropped':
      return `dropped     ${event.routingKey}: ${event.reason}`;
    case 'files-removed':
      return `removed     ${partitionName(event.partition)}  ${counted(event.files, 'superseded file')}`;
    case 'removal-failed':
      return `left behind ${partitionName(event.partition)}  ${counted(event.files, 'superseded file')}: ${event.reason}`;
    case 'source-unreadable':
      return `unreadable  ${event.payer} ${event.bucket}: ${event.reason}`;
    case 'copy-damaged':
      return `damaged     ${partitionName(event.partition)}  the copy of ${fileName(event.key)} ${damageOf(event)}: it is made again`;
    case 'copy-restored':
      return `restored    ${partitionName(event.partition)}  ${fileName(event.key)}: its copy was gone`;
    case 'copies-unowned':
      return `unowned     ${partitionName(event.partition)}  ${counted(event.files, 'copy', 'copies')}`;
    case 'configuration-empty':
    case 'configuration-fallback':
      return `fallback    payers from the ${event.from}: ${event.reason}`;
    case 'payer-row-wrong':
      return `wrong row   ${event.row} of the payers: ${event.reason}`;
    case 'configuration-loaded':
    case 'file-known':
    case 'file-superseded':
    case 'file-gone':
    case 'run-started':
    case 'step-timed':
    case 'rows-verified':
    case 'analytics-started':
    case 'partition-finalized':
    case 'surveyed':
    case 'freshness-surveyed':
    case 'messages-sent':
    case 'lease-lost':
      return undefined;
    default:
      return event satisfies never;
  }
}

function fileName(key: string): string {
  return quoteValue(key.slice(key.lastIndexOf('/') + 1));
}

function damageOf({
  sizeBytes,
  expectedBytes,
}: {
  readonly sizeBytes: number;
  readonly expectedBytes: number;
}): string {
  return sizeBytes === expectedBytes ? 'has other bytes' : `has ${sizeBytes} bytes, not ${expectedBytes}`;
}
