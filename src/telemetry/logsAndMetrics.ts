import { printable } from '../base/printable.ts';
import type { Payer } from '../billing/payer.ts';
import type { MetricSink } from './emfMetrics.ts';
import { measuresOf } from './eventMetrics.ts';
import type { ReactorEvent, Report } from './events.ts';
import type { Measure, PayerMetric, StageMetric } from './metricCatalogue.ts';

/** error: a person is needed; warn: one may be; info: what the reactor is for; debug: noise. */
type Level = 'error' | 'warn' | 'info' | 'debug';

/** Where events go: structured log lines, and metrics. */
interface Telemetry {
  readonly logger: Readonly<Record<Level, (message: string, fields: Record<string, unknown>) => void>>;
  readonly metrics: MetricSink;
}

interface Row {
  readonly level: Level;
  /** The metric that counts these events; none where the values that they bring say it already. */
  readonly count?: StageMetric;
  /** The same, where they are counted by payer besides. */
  readonly payerCount?: PayerMetric;
}

/** Every kind of event has its row: one that is added does not compile until it has one. */
const ROWS: Readonly<Record<ReactorEvent['what'], Row>> = {
  'file-staged': { level: 'info', payerCount: 'FilesStaged' },
  'file-known': { level: 'debug', count: 'FilesKnown' },
  'file-empty': { level: 'debug', count: 'FilesEmpty' },
  'file-quarantined': { level: 'error', payerCount: 'FilesQuarantined' },
  'file-set-aside': { level: 'warn', payerCount: 'FilesSetAside' },
  'file-withdrawn': { level: 'warn', count: 'FilesWithdrawn' },
  'ledger-behind': { level: 'error', count: 'LedgersBehind' },
  'warehouse-behind': { level: 'error', count: 'WarehousesBehind' },
  'file-superseded': { level: 'debug', count: 'FilesSuperseded' },
  'file-gone': { level: 'debug', count: 'FilesGone' },
  'object-retried': { level: 'warn', count: 'ObjectsRetried' },
  'object-ignored': { level: 'debug', count: 'ObjectsIgnored' },
  'source-unknown': { level: 'warn', count: 'SourceUnknown' },
  'event-foreign': { level: 'warn', count: 'EventsForeign' },
  'payer-over-limit': { level: 'error', count: 'PayersOverLimit' },
  'object-held-back': { level: 'debug', count: 'ObjectsHeldBack' },
  'source-unreadable': { level: 'error', payerCount: 'SourcesUnreadable' },
  'delivery-known': { level: 'info', payerCount: 'DeliveriesKnown' },
  'delivery-unsure': { level: 'info', count: 'DeliveriesUnsure' },
  'manifest-quarantined': { level: 'error', payerCount: 'ManifestsQuarantined' },
  'run-started': { level: 'info', count: 'RunsStarted' },
  'partition-held': { level: 'warn', payerCount: 'PartitionsHeld' },
  'partition-published': { level: 'info', payerCount: 'PartitionsPublished' },
  'partition-postponed': { level: 'warn', count: 'PartitionsPostponed' },
  'registration-failed': { level: 'error', count: 'RegistrationsFailed' },
  'verification-failed': { level: 'error', count: 'VerificationsFailed' },
  'analytics-failed': { level: 'error', count: 'AnalyticsFailed' },
  'analytics-done': { level: 'info', count: 'AnalyticsDone' },
  'files-removed': { level: 'info', count: 'RemovalsDone' },
  'removal-failed': { level: 'warn', count: 'RemovalsFailed' },
  'copy-damaged': { level: 'warn', count: 'CopiesDamaged' },
  'copy-restored': { level: 'warn', count: 'CopiesRestored' },
  'copies-unowned': { level: 'info', count: 'PartitionsWithUnownedCopies' },
  'configuration-loaded': { level: 'info', count: 'ConfigurationsLoaded' },
  'configuration-empty': { level: 'warn', count: 'ConfigurationsEmpty' },
  'configuration-fallback': { level: 'warn', count: 'ConfigurationFallbacks' },
  'payer-row-wrong': { level: 'error', count: 'PayerRowsWrong' },
  'step-timed': { level: 'debug' },
  'rows-verified': { level: 'info', count: 'PartitionsVerified' },
  'partition-finalized': { level: 'info', payerCount: 'PartitionsFinalized' },
  'analytics-started': { level: 'info', count: 'AnalyticsStarted' },
  'analytics-handed-on': { level: 'info', count: 'AnalyticsHandedOn' },
  'analytics-repeated': { level: 'warn', count: 'AnalyticsRepeated' },
  'check-failed': { level: 'error', count: 'ChecksFailed' },
  'analytics-cancelled': { level: 'info', count: 'AnalyticsCancelled' },
  surveyed: { level: 'info' },
  // Not at the level of debugging: the log has every payer, and the metrics only the stalest.
  'payer-fresh': { level: 'info' },
  'freshness-surveyed': { level: 'info' },
  'messages-sent': { level: 'info' },
  'messages-kept': { level: 'warn' },
  'message-unroutable': { level: 'warn', count: 'MessagesUnroutable' },
  'message-dropped': { level: 'error', count: 'MessagesDropped' },
  'warehouse-unavailable': { level: 'error', count: 'WarehousesUnavailable' },
  'lease-lost': { level: 'warn', count: 'LeasesLost' },
};

/**
 * Reports each event as one log line, whose message is the event's name, as one count, and as the
 * values that it has. `identity` is in every line: it says which message, or which invocation, the
 * event belongs to.
 */
export function reportTo({ logger, metrics }: Telemetry, identity: Readonly<Record<string, string>>): Report {
  return (event) => {
    const { what, ...fields } = event;
    logger[ROWS[what].level](what, { ...identity, ...fields });
    for (const measure of [...countOf(event), ...measuresOf(event)]) metrics.add(measure);
  };
}

function countOf(event: ReactorEvent): Measure[] {
  const { count, payerCount } = ROWS[event.what];
  const payer = payerOf(event);
  if (count) return [{ metric: count, value: 1 }];
  return payerCount && payer ? [{ metric: payerCount, value: 1, payer }] : [];
}

function payerOf(event: ReactorEvent): Payer | undefined {
  if ('partition' in event) return event.partition.payer;
  return 'payer' in event ? event.payer : undefined;
}

const MAX_TEXT_LENGTH = 4096;
const MAX_LIST_LENGTH = 20;
/** What libraries hang on to their errors, say: the settings of the connection that failed. */
const SECRET_FIELD = /passw|passphrase|private_?key|secret|token|authorization|credential/i;

/**
 * JSON.stringify's replacer for log lines. Keys and reasons come from outside: what moves a cursor
 * or turns the reading direction is escaped once more than JSON does it, so that it stays so when
 * the line is read; so are names of fields. Long texts and lists are cut: the line has to fit
 * (CloudWatch Logs quotas, 1 MB an event). What a field's name calls a secret is left out. Errors,
 * and the causes in them, are made objects by the logger, and come by here after that.
 */
export function logValue(field: string, value: unknown): unknown {
  if (SECRET_FIELD.test(field) && value !== undefined) return '(left out)';
  if (Array.isArray(value)) {
    const more = value.length - MAX_LIST_LENGTH;
    return more > 0 ? [...value.slice(0, MAX_LIST_LENGTH), `… ${more} more`] : value;
  }
  if (typeof value === 'object' && value !== null) return withPrintableNames(value);
  if (typeof value !== 'string') return value;
  const short = value.length > MAX_TEXT_LENGTH ? `${value.slice(0, MAX_TEXT_LENGTH)}…` : value;
  return field === 'stack' ? short.split('\n').map(printable).join('\n') : printable(short);
}

function withPrintableNames(value: object): object {
  if (value instanceof Error || Object.keys(value).every((name) => printable(name) === name)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [printable(name), inner]));
}
