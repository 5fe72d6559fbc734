import { partitionName } from '../billing/partition.ts';
import { printable, quoteValue } from '../billing/printable.ts';
import type { ReactorEvent, Report } from '../notify/events.ts';

/** Staged files are told one by one up to here, then every so often: a delivery has hundreds. */
const TELL_FIRST = 10;
const TELL_EVERY = 500;

/** Counts what happens, and tells it line by line. */
export interface Progress {
  readonly report: Report;
  /** How often each kind of event happened. */
  readonly counts: () => Record<string, number>;
  readonly say: (line: string) => void;
}

/** Progress for people, written line by line. `now` answers milliseconds since 1970. */
export function newProgress(write: (text: string) => void, now: () => number): Progress {
  const counts = new Map<string, number>();
  const startedAt = now();
  const say = (line: string) => write(`${((now() - startedAt) / 1000).toFixed(1).padStart(6)}s  ${printable(line)}\n`);
  return {
    say,
    counts: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    report: (event) => {
      const count = (counts.get(event.what) ?? 0) + 1;
      counts.set(event.what, count);
      const line = lineOf(event);
      if (line === undefined) return;
      const isFrequent = event.what === 'file-staged' || event.what === 'object-ignored';
      if (!isFrequent || count <= TELL_FIRST) say(line);
      else if (count % TELL_EVERY === 0) say(`${event.what}: ${count} so far`);
    },
  };
}

/** One line about an event; undefined for what nobody wants to read. Keys are hostile: they are quoted. */
function lineOf(event: ReactorEvent): string | undefined {
  switch (event.what) {
    case 'file-staged':
      return `staged      ${partitionName(event.partition)}  ${fileName(event.key)}, ${event.rows} rows`;
    case 'file-empty':
      return `empty       ${partitionName(event.partition)}  ${fileName(event.key)}: a surplus part`;
    case 'file-quarantined':
    case 'manifest-quarantined':
      return `quarantined ${partitionName(event.partition)}  ${fileName(event.key)}: ${event.reason}`;
    case 'object-ignored':
      return `ignored     ${quoteValue(event.key)}: ${event.reason}`;
    case 'source-unknown':
      return `unknown     ${event.bucket} ${quoteValue(event.key)}: no payer is configured for it`;
    case 'delivery-known':
      return `delivery    ${partitionName(event.partition)}  ${event.executionId}: ${event.files} files, ${event.missing} missing`;
    case 'delivery-unsure':
      return `unsure      ${partitionName(event.partition)}  ${event.executionId}: ${event.keys.length} files are newer than the manifest`;
    case 'partition-published':
      return `published   ${partitionName(event.partition)}  ${event.files} files, ${event.rows} rows`;
    case 'partition-held':
      return `held        ${partitionName(event.partition)}  ${event.reason}`;
    case 'registration-failed':
    case 'verification-failed':
    case 'analytics-failed':
      return `failed      ${partitionName(event.partition)}  ${event.reason} (attempt ${event.attempts})`;
    case 'analytics-done':
      return `analysed    ${event.period}  ${event.partitions} payers`;
    case 'analytics-handed-on':
      return `analysing   ${event.period}  ${event.stepsDone} of ${event.steps} steps`;
    case 'analytics-cancelled':
      return `cancelled   ${event.period}  analytics: ${event.reason}`;
    case 'payer-fresh':
      return event.isStale
        ? `stale       ${event.payer} ${Math.round(event.hours)} hours without a delivery`
        : undefined;
    case 'messages-kept':
      return `kept        ${event.count} messages: ${event.reason}`;
    case 'message-unroutable':
      return `unroutable  ${event.routingKey}: no queue is bound for it`;
    case 'message-dropped':
      return `dropped     ${event.routingKey}: ${event.reason}`;
    case 'files-removed':
      return `removed     ${partitionName(event.partition)}  ${event.files} superseded files`;
    case 'removal-failed':
      return `left behind ${partitionName(event.partition)}  ${event.files} superseded files: ${event.reason}`;
    case 'source-unreadable':
      return `unreadable  ${event.payer} ${event.bucket}: ${event.reason}`;
    case 'copy-restored':
      return `restored    ${partitionName(event.partition)}  ${fileName(event.key)}: its copy was gone`;
    case 'copies-unowned':
      return `unowned     ${partitionName(event.partition)}  ${event.files} copies`;
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
