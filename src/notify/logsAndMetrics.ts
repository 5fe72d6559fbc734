import { printable } from '../billing/printable.ts';
import type { ConfigurationOrigin, ReactorEvent, Report } from './events.ts';

/** error: a person is needed; warn: one may be; info: what the reactor is for; debug: noise. */
type Level = 'error' | 'warn' | 'info' | 'debug';

/** Where it is told: structured log lines, and metrics in CloudWatch's embedded metric format. Powertools' fit. */
export interface Telemetry {
  readonly logger: Readonly<Record<Level, (message: string, fields: Record<string, unknown>) => void>>;
  readonly metrics: { addMetric(name: string, unit: 'Count' | 'Bytes', value: number): unknown };
}

interface Row {
  readonly level: Level;
  /** The metric that counts these events. */
  readonly count: string;
}

/** Every kind of event has its row: one that is added does not compile until it has one. */
const ROWS = {
  'file-staged': { level: 'info', count: 'FilesStaged' },
  'file-known': { level: 'debug', count: 'FilesKnown' },
  'file-empty': { level: 'debug', count: 'FilesEmpty' },
  'file-quarantined': { level: 'error', count: 'FilesQuarantined' },
  'file-superseded': { level: 'debug', count: 'FilesSuperseded' },
  'file-gone': { level: 'debug', count: 'FilesGone' },
  'object-ignored': { level: 'debug', count: 'ObjectsIgnored' },
  'source-unknown': { level: 'warn', count: 'SourceUnknown' },
  'source-unreadable': { level: 'error', count: 'SourcesUnreadable' },
  'delivery-known': { level: 'info', count: 'DeliveriesKnown' },
  'delivery-unsure': { level: 'info', count: 'DeliveriesUnsure' },
  'manifest-quarantined': { level: 'error', count: 'ManifestsQuarantined' },
  'run-started': { level: 'info', count: 'RunsStarted' },
  'partition-held': { level: 'warn', count: 'PartitionsHeld' },
  'partition-published': { level: 'info', count: 'PartitionsPublished' },
  'registration-failed': { level: 'error', count: 'RegistrationsFailed' },
  'verification-failed': { level: 'error', count: 'VerificationsFailed' },
  'analytics-failed': { level: 'error', count: 'AnalyticsFailed' },
  'analytics-done': { level: 'info', count: 'AnalyticsDone' },
  'files-removed': { level: 'info', count: 'RemovalsDone' },
  'removal-failed': { level: 'warn', count: 'RemovalsFailed' },
  'copy-restored': { level: 'warn', count: 'CopiesRestored' },
  'copies-unowned': { level: 'info', count: 'PartitionsWithUnownedCopies' },
  'configuration-loaded': { level: 'info', count: 'ConfigurationsLoaded' },
  'configuration-fallback': { level: 'warn', count: 'ConfigurationFallbacks' },
  'payer-row-wrong': { level: 'error', count: 'PayerRowsWrong' },
  'lease-lost': { level: 'warn', count: 'LeasesLost' },
} as const satisfies Record<ReactorEvent['what'], Row>;

const LOADED_FROM = {
  table: 'ConfigurationsFromTable',
  cache: 'ConfigurationsFromCache',
  fallback: 'ConfigurationsFromFallback',
} as const satisfies Record<ConfigurationOrigin, string>;

/**
 * Tells each event as one log line, whose message is the event's name, and one count. `identity` is in every line: it
 * says which message, or which invocation, the event belongs to.
 */
export function reportTo({ logger, metrics }: Telemetry, identity: Readonly<Record<string, string>>): Report {
  return (event) => {
    const { what, ...fields } = event;
    const { level, count } = ROWS[what];
    logger[level](what, { ...identity, ...fields });
    metrics.addMetric(count, 'Count', 1);
    if (event.what === 'file-staged') {
      metrics.addMetric('RowsStaged', 'Count', event.rows);
      metrics.addMetric('BytesStaged', 'Bytes', event.sizeBytes);
    } else if (event.what === 'configuration-loaded') {
      metrics.addMetric(LOADED_FROM[event.from], 'Count', 1);
      metrics.addMetric('PayersConfigured', 'Count', event.payers);
    }
  };
}

const MAX_TEXT_LENGTH = 4096;
const MAX_LIST_LENGTH = 20;

/**
 * JSON.stringify's replacer for log lines. Keys and reasons come from outside: what moves a cursor or turns the reading
 * direction is escaped once more than JSON does it, so that it stays so when the line is read. Long texts and lists are
 * cut: the line has to fit (CloudWatch Logs quotas, 1 MB an event).
 */
export function logValue(field: string, value: unknown): unknown {
  if (Array.isArray(value) && value.length > MAX_LIST_LENGTH) {
    return [...value.slice(0, MAX_LIST_LENGTH), `… ${value.length - MAX_LIST_LENGTH} more`];
  }
  if (typeof value !== 'string') return value;
  const short = value.length > MAX_TEXT_LENGTH ? `${value.slice(0, MAX_TEXT_LENGTH)}…` : value;
  return field === 'stack' ? short.split('\n').map(printable).join('\n') : printable(short);
}
