import type { Payer } from '../billing/payer.ts';
import type { RunStep } from './events.ts';

/** CloudWatch's names of them (CloudWatch API Reference, MetricDatum). */
type MetricUnit = 'Count' | 'Bytes' | 'Seconds' | 'None';

/**
 * The dimensions under which a metric is sent. CloudWatch bills each metric under each value of its
 * dimensions, for the hours in which it is sent; so those of every payer (`payer`) are sent only
 * where a stage wants them all, and `worst` are sent of as many payers as it names. A payer is one
 * that is configured, never an id that a file contains.
 */
export const SERIES = {
  stage: ['stage'],
  payer: ['stage', 'payer'],
  worst: ['stage', 'payer'],
  step: ['stage', 'step'],
} as const;

/** How many payers have metrics of their own: all, or the worst so many. */
export type PayerMetrics = 'all' | number;

export type Series = keyof typeof SERIES;

interface MetricDefinition {
  readonly unit: MetricUnit;
  readonly series: readonly Series[];
  /** For people: the table in resources/METRICS.md says the same. */
  readonly meaning: string;
}

/** Of the stage alone. */
const ALL = ['stage'] as const;
/** Of the stage, and of each payer besides. */
const AND_PAYER = ['stage', 'payer'] as const;

/**
 * Every metric that is sent: nothing else can be. What has no alarm and no place on the dashboard
 * is there for who looks for a reason.
 */
export const METRICS = {
  FilesStaged: { unit: 'Count', series: AND_PAYER, meaning: 'files copied and read' },
  RowsStaged: { unit: 'Count', series: ALL, meaning: 'rows in them' },
  BytesStaged: { unit: 'Bytes', series: AND_PAYER, meaning: 'their size' },
  StagingLag: { unit: 'Seconds', series: AND_PAYER, meaning: "from S3's event to the staged copy" },
  FilesKnown: { unit: 'Count', series: ALL, meaning: 'files announced again with the same content' },
  FilesEmpty: { unit: 'Count', series: ALL, meaning: 'files without rows: surplus parts, placeholders' },
  FilesQuarantined: { unit: 'Count', series: AND_PAYER, meaning: 'files that cannot be read, when they are found' },
  FilesSetAside: {
    unit: 'Count',
    series: AND_PAYER,
    meaning: 'files and manifests that are no part of a bill, such as FOCUS exports',
  },
  FilesWithdrawn: { unit: 'Count', series: ALL, meaning: 'staged files that their source does not count any more' },
  LedgersBehind: {
    unit: 'Count',
    series: ALL,
    meaning: 'runs that found the ledger behind its warehouse: it was restored',
  },
  WarehousesBehind: {
    unit: 'Count',
    series: ALL,
    meaning: 'months that the warehouse did not show as published: published or analysed again',
  },
  FilesSuperseded: { unit: 'Count', series: ALL, meaning: 'files overwritten before they were read' },
  FilesGone: { unit: 'Count', series: ALL, meaning: 'files deleted before they were read' },
  ObjectsRetried: {
    unit: 'Count',
    series: ALL,
    meaning: 'failed attempts to take in a file of a watched folder; only on a laptop',
  },
  ObjectsIgnored: { unit: 'Count', series: ALL, meaning: 'objects that are no report' },
  SourceUnknown: { unit: 'Count', series: ALL, meaning: 'objects that no payer is configured for' },
  EventsForeign: {
    unit: 'Count',
    series: ALL,
    meaning: "events of another account than the one that a payer's bucket is configured for",
  },
  PayersOverLimit: {
    unit: 'Count',
    series: ALL,
    meaning: 'payers that have sent more within an hour than any report takes',
  },
  ObjectsHeldBack: { unit: 'Count', series: ALL, meaning: '… and what was dropped for it: reconcile finds it later' },
  SourcesUnreadable: { unit: 'Count', series: AND_PAYER, meaning: "payers' buckets that could not be listed" },
  DeliveriesKnown: { unit: 'Count', series: AND_PAYER, meaning: 'manifests taken in' },
  DeliveriesUnsure: { unit: 'Count', series: ALL, meaning: 'manifests with files newer than themselves' },
  ManifestsQuarantined: { unit: 'Count', series: AND_PAYER, meaning: 'manifests that contradict themselves' },
  CopiesDamaged: { unit: 'Count', series: ALL, meaning: 'staged copies that are not what was copied, made again' },
  CopiesRestored: { unit: 'Count', series: ALL, meaning: 'staged copies that somebody had deleted, made again' },
  PartitionsWithUnownedCopies: { unit: 'Count', series: ALL, meaning: 'months with copies that no version owns' },
  MessagesMalformed: { unit: 'Count', series: ALL, meaning: 'queue messages that cannot be processed' },
  MessagesFailed: { unit: 'Count', series: ALL, meaning: 'queue messages kept for another attempt' },
  MessagesThrottled: {
    unit: 'Count',
    series: ALL,
    meaning: 'queue messages that come back within a minute: S3 or the ledger was asked too often',
  },
  Retries: { unit: 'Count', series: ALL, meaning: 'queue messages received more than once' },
  RunsStarted: { unit: 'Count', series: ALL, meaning: 'runs over a month' },
  StepSeconds: { unit: 'Seconds', series: ['step'], meaning: 'how long a run takes for each of its steps' },
  PartitionsVerified: { unit: 'Count', series: ALL, meaning: "payers' months whose audit passed" },
  RowsVerified: { unit: 'Count', series: AND_PAYER, meaning: 'rows in the warehouse that agree with the files' },
  PartitionsPublished: { unit: 'Count', series: AND_PAYER, meaning: "payers' months shown to readers" },
  PartitionsHeld: { unit: 'Count', series: AND_PAYER, meaning: "payers' months whose current set cannot be formed" },
  PartitionsPostponed: {
    unit: 'Count',
    series: ALL,
    meaning: "payers' months that took longer than their turn, and get a longer one after the others",
  },
  RegistrationsFailed: { unit: 'Count', series: ALL, meaning: 'the warehouse does not take files' },
  VerificationsFailed: { unit: 'Count', series: ALL, meaning: 'the warehouse and the files disagree' },
  AnalyticsStarted: { unit: 'Count', series: ALL, meaning: 'runs of the wastage script begun' },
  AnalyticsHandedOn: { unit: 'Count', series: ALL, meaning: '… left to a later invocation' },
  AnalyticsRepeated: {
    unit: 'Count',
    series: ALL,
    meaning: '… of which a step was submitted again: a lock that was not free, an internal error',
  },
  AnalyticsCancelled: { unit: 'Count', series: ALL, meaning: '… cancelled for a newer one' },
  AnalyticsDone: { unit: 'Count', series: ALL, meaning: '… done' },
  AnalyticsSeconds: { unit: 'Seconds', series: ALL, meaning: '… from begin to end, over all invocations' },
  AnalyticsFailed: { unit: 'Count', series: ALL, meaning: "payers' months that it failed for" },
  AnalyticsFailedAgain: { unit: 'Count', series: ALL, meaning: '… for the second time or more in a row' },
  ChecksFailed: { unit: 'Count', series: ALL, meaning: 'checks of it that failed while the others went on' },
  PartitionsFinalized: { unit: 'Count', series: AND_PAYER, meaning: "payers' months published and analysed" },
  DeliveryLag: {
    unit: 'Seconds',
    series: AND_PAYER,
    meaning: 'from the delivery (`deliveredAt` in the status) to finalized',
  },
  Findings: { unit: 'Count', series: AND_PAYER, meaning: 'findings in a month that was finalized' },
  EstimatedSaving: {
    unit: 'None',
    series: ['payer'],
    meaning: "what they would save a month, in the bill's currency; none where it has several",
  },
  WarehousesUnavailable: {
    unit: 'Count',
    series: ALL,
    meaning: 'runs that ended because the warehouse did not answer',
  },
  LeasesLost: { unit: 'Count', series: ALL, meaning: 'runs that a newer one overtook' },
  RemovalsDone: { unit: 'Count', series: ALL, meaning: "payers' months whose superseded files were cleared away" },
  RemovalsFailed: {
    unit: 'Count',
    series: ALL,
    meaning: '… could not be, or not yet be forgotten by the warehouse: the next clearing tries again',
  },
  TicksSwept: { unit: 'Count', series: ALL, meaning: 'months that the sweep woke' },
  DirtyPartitions: { unit: 'Count', series: ALL, meaning: "payers' months that wait for a run, now" },
  OldestDirtyHours: { unit: 'None', series: ALL, meaning: 'how long the oldest of them has waited, in hours' },
  NotVisibleHours: {
    unit: 'None',
    series: ALL,
    meaning: 'how long files that are staged have not been published, in hours, of the month that has waited longest',
  },
  QuarantinedFiles: { unit: 'Count', series: ALL, meaning: 'files in quarantine, now' },
  OutboxDepth: {
    unit: 'Count',
    series: ALL,
    meaning: 'messages that the broker has not taken, now, counted up to 10,000',
  },
  FreshnessHours: { unit: 'None', series: ['worst'], meaning: "hours since a payer's newest complete delivery" },
  StalestPayerHours: { unit: 'None', series: ALL, meaning: '… of the payer that has waited longest' },
  StalePayers: { unit: 'Count', series: ALL, meaning: 'payers without a complete delivery for too long' },
  PayersWatched: { unit: 'Count', series: ALL, meaning: 'payers that are monitored' },
  ConfigurationsLoaded: { unit: 'Count', series: ALL, meaning: "readings of the payers' configuration" },
  ConfigurationsFromTable: { unit: 'Count', series: ALL, meaning: '… from the payers table' },
  ConfigurationsFromCache: { unit: 'Count', series: ALL, meaning: '… from the last good copy of it' },
  ConfigurationsFromFallback: { unit: 'Count', series: ALL, meaning: '… from the payers file' },
  ConfigurationFallbacks: {
    unit: 'Count',
    series: ALL,
    meaning: 'readings that failed, so that something older counts',
  },
  ConfigurationsEmpty: {
    unit: 'Count',
    series: ALL,
    meaning: 'readings that found nobody enabled in the payers table: what counted before still counts',
  },
  PayersConfigured: { unit: 'Count', series: ALL, meaning: 'payers in the configuration' },
  PayerRowsWrong: { unit: 'Count', series: ALL, meaning: 'rows of the payers table that cannot be used' },
  MessagesSent: { unit: 'Count', series: ALL, meaning: 'messages that the broker has confirmed' },
  MessagesKept: {
    unit: 'Count',
    series: ALL,
    meaning:
      'messages that it did not take: they stay in the outbox. Of those that a pass has read: one that ends early reads no more',
  },
  MessagesUnroutable: { unit: 'Count', series: ALL, meaning: 'messages that no queue is bound for: tried for a day' },
  MessagesDropped: { unit: 'Count', series: ALL, meaning: 'messages dropped unsent' },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

type NameOf<Wanted extends Series> = {
  [Name in MetricName]: Wanted extends (typeof METRICS)[Name]['series'][number] ? Name : never;
}[MetricName];

export type PayerMetric = NameOf<'payer'> | NameOf<'worst'>;
type StepMetric = NameOf<'step'>;
/** Those of the stage alone. */
export type StageMetric = Exclude<MetricName, PayerMetric | StepMetric>;

/** One value of one metric, with the labels that the metric's series ask for. */
export type Measure =
  | { readonly metric: StageMetric; readonly value: number; readonly payer?: never; readonly step?: never }
  | { readonly metric: PayerMetric; readonly value: number; readonly payer: Payer; readonly step?: never }
  | { readonly metric: StepMetric; readonly value: number; readonly payer?: never; readonly step: RunStep };
