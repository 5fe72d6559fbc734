import pMap from 'p-map';
import type { Moment } from '../base/moment.ts';
import type { Partition } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import { type Period, recentPeriods } from '../billing/period.ts';
import { compareText } from '../billing/version.ts';
import { payersOf } from '../config/loadPayers.ts';
import type { PayersConfiguration } from '../config/payers.ts';
import { payersInForce } from '../config/payersInForce.ts';
import type { AnalyticsRecord } from '../ledger/analyticsRecord.ts';
import type { Debounce } from '../ledger/decide.ts';
import type { Delivery } from '../ledger/delivery.ts';
import type { HourlyCounts } from '../ledger/hourlyCounts.ts';
import type { PeriodRecord } from '../ledger/lease.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import { stateOf } from '../ledger/partitionState.ts';
import type { VersionRecord } from '../ledger/versionRecord.ts';
import { outboxDepth } from '../outbox/outboxDepth.ts';
import { type Operations, type OperationsStatus, operationsStatus, readQueues } from './operations.ts';
import { type OverLimit, readOverLimits } from './overLimits.ts';
import { type PartitionStatus, partitionStatus } from './partitionStatus.ts';
import { hasNewerContent, SCHEDULED, type StatusWords } from './reasons.ts';
import { parseStatusInput, type StatusRequest } from './statusInput.ts';
import { type StatusReport, statusReport } from './statusReport.ts';
import { lacksManifest } from './verdict.ts';

/** What the status is read from. `now` answers milliseconds since 1970. */
export interface StatusReading {
  readonly ledger: Pick<
    Ledger,
    | 'configuration'
    | 'activity'
    | 'reconcileProgress'
    | 'outbox'
    | 'periods'
    | 'period'
    | 'partitions'
    | 'analytics'
    | 'delivery'
    | 'versions'
  >;
  /**
   * The payers file; absent where payers are not configured: then those that the ledger knows are
   * all there are.
   */
  readonly fallback?: PayersConfiguration;
  /** What runs the stage; absent where nothing but the ledger does. */
  readonly operations?: Operations;
  /** What came of each payer in this hour; absent where nobody counts. */
  readonly hourlyCounts?: Pick<HourlyCounts, 'sums'>;
  readonly debounce: Debounce;
  /** Without them, those of the stack on AWS. */
  readonly words?: StatusWords;
  readonly now: () => Moment;
}

/** How many partitions are read at the same time, of those that take more than their record. */
const CONCURRENCY = 8;

/**
 * Reports how every wanted payer's month stands, and why. It only reads: the ledger, and how deep
 * the stage's queues are, where there are queues.
 *
 * It costs the activity, the newest reconcile's progress, the periods' list, the configuration and
 * the pages of the outbox that are counted, three calls for each period, and two more for a
 * partition that waits for files, is held, or lacks a manifest; and this hour's counts of each
 * payer.
 *
 * Throws StatusInputInvalid before anything is read, and what the ledger throws.
 */
export async function status(reading: StatusReading, input: unknown): Promise<StatusReport> {
  const request = parseStatusInput(input);
  const { ledger, fallback, now } = reading;
  const at = now();
  const inForce = fallback && payersInForce(await ledger.configuration(), fallback);
  const configured = inForce && payersOf(inForce.sources);
  const outbox = await outboxDepth(ledger);
  const operations = reading.operations && (await readOperations(ledger, reading.operations, at));
  const months: Month[] = [];
  for (const period of await wantedPeriods(ledger, request, at)) months.push(await readMonth(ledger, period));
  const all = months.flatMap((month) => wantedPartitions(month, configured, request));
  const asked = configured ? all : withoutStrayMonths(all);
  const payers = [...new Set(asked.map(({ partition }) => partition.payer))];
  const overLimits = reading.hourlyCounts ? await readOverLimits(reading.hourlyCounts, payers, at) : [];
  const around = { configured, overLimits };
  const partitions = await pMap(asked, (one) => readPartition(reading, one, around, at), {
    concurrency: CONCURRENCY,
  });
  return statusReport({
    at,
    request,
    partitions: partitions.sort(byPayerAndPeriod),
    periods: months.map(({ record, analytics }) => ({ record, analytics })),
    configuration: inForce && configured && { inForce, payers: configured },
    outbox,
    overLimits,
    operations,
  });
}

async function readOperations(
  ledger: StatusReading['ledger'],
  { release, queues }: Operations,
  at: Moment,
): Promise<OperationsStatus> {
  const activity = await ledger.activity();
  const { reconcileBegun } = activity;
  const progress = reconcileBegun && (await ledger.reconcileProgress(reconcileBegun.run));
  return operationsStatus(release, await readQueues(queues), { ...activity, progress }, at);
}

/** A month as the ledger has it. */
interface Month {
  readonly record: PeriodRecord;
  readonly analytics: AnalyticsRecord | undefined;
  readonly partitions: readonly PartitionRecord[];
}

interface Asked {
  readonly partition: Partition;
  readonly month: Month;
  readonly record: PartitionRecord | undefined;
}

/** Oldest first. */
async function wantedPeriods(
  ledger: StatusReading['ledger'],
  { periods }: StatusRequest,
  at: Moment,
): Promise<readonly Period[]> {
  const usual = recentPeriods(at);
  if (periods !== 'all') return periods ?? usual;
  return [...new Set([...(await ledger.periods()), ...usual])].sort();
}

/**
 * The partitions are read last: what a run records of them meanwhile is newer than what is said of
 * the run.
 */
async function readMonth(ledger: StatusReading['ledger'], period: Period): Promise<Month> {
  const record = await ledger.period(period);
  const analytics = await ledger.analytics(period);
  return { record, analytics, partitions: await ledger.partitions(period) };
}

/**
 * Those of the configured payers, and of whom else the ledger knows; of named payers these alone,
 * known or not.
 */
function wantedPartitions(month: Month, configured: ReadonlySet<Payer> | undefined, request: StatusRequest): Asked[] {
  const { period } = month.record;
  const records = new Map(month.partitions.map((record) => [record.partition.payer, record]));
  const payers = request.payers ?? [...new Set([...(configured ?? []), ...records.keys()])];
  return payers.map((payer) => ({ partition: { payer, period }, month, record: records.get(payer) }));
}

/** Where nobody says who has to deliver, a month that a known payer has nothing of is no gap. */
function withoutStrayMonths(all: readonly Asked[]): Asked[] {
  const known = new Set(all.flatMap(({ partition, record }) => (record ? [partition.payer] : [])));
  return all.filter(({ partition, record }) => record !== undefined || !known.has(partition.payer));
}

/** What is known of all payers together. */
interface Around {
  readonly configured: ReadonlySet<Payer> | undefined;
  readonly overLimits: readonly OverLimit[];
}

async function readPartition(
  { ledger, debounce, words = SCHEDULED }: StatusReading,
  { partition, month, record }: Asked,
  { configured, overLimits }: Around,
  now: Moment,
): Promise<PartitionStatus> {
  const details = record ? await readDetails(ledger, record) : {};
  return partitionStatus({
    partition,
    record,
    ...details,
    period: month.record,
    analytics: month.analytics,
    configured: configured?.has(partition.payer) ?? true,
    overLimits: overLimits.filter(({ payer }) => payer === partition.payer),
    debounce,
    words,
    now,
  });
}

/**
 * What the record alone does not say: which files a delivery waits for, and what became of those
 * that cannot be used.
 */
async function readDetails(
  ledger: StatusReading['ledger'],
  record: PartitionRecord,
): Promise<{ readonly delivery?: Delivery | undefined; readonly versions?: readonly VersionRecord[] }> {
  const { partition } = record;
  const { state } = stateOf(record);
  const wanted = deliveryInTheWay(record);
  const isUnclear = state === 'held' || lacksManifest(record) || (state === 'published' && hasNewerContent(record));
  if (!wanted && !isUnclear) return {};
  const versions = await ledger.versions(partition);
  return wanted ? { versions, delivery: await ledger.delivery(partition, wanted.id) } : { versions };
}

/**
 * The delivery whose files have to be looked at: that which waits, or that of which no set can be
 * formed.
 */
function deliveryInTheWay(record: PartitionRecord): { readonly id: string } | undefined {
  const { delivery, completeDelivery } = record;
  if (delivery && delivery.awaited.length > 0) return delivery;
  return stateOf(record).state === 'held' ? completeDelivery : undefined;
}

function byPayerAndPeriod(a: PartitionStatus, b: PartitionStatus): number {
  return compareText(a.payer, b.payer) || compareText(a.period, b.period);
}
