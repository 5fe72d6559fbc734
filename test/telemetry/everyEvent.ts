import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import type { ReactorEvent } from '../../src/telemetry/events.ts';

const payer = parsePayer('111122223333');
const period = parsePeriod('2026-10');
const partition = { payer, period };
const file = { partition, key: 'k' };
const object = { bucket: 'b', key: 'k' };
const reason = 'r';
const trouble = { partition, reason, attempts: 2 };
const run = 7;

/** An event of every kind: one that is added to the union does not compile until it is here. */
const EVENTS: { readonly [What in ReactorEvent['what']]: ReactorEvent & { readonly what: What } } = {
  'file-staged': { what: 'file-staged', ...file, rows: 3, sizeBytes: 900, lagSeconds: 12.5 },
  'file-known': { what: 'file-known', ...file },
  'file-empty': { what: 'file-empty', ...file },
  'file-quarantined': { what: 'file-quarantined', ...file, reason },
  'file-set-aside': { what: 'file-set-aside', ...file, reason },
  'ledger-behind': { what: 'ledger-behind', period, epoch: 3, warehouseEpoch: 7 },
  'warehouse-behind': { what: 'warehouse-behind', partition: file.partition, redo: 'load' },
  'object-retried': { what: 'object-retried', key: object.key, reason, attempts: 4 },
  'file-withdrawn': { what: 'file-withdrawn', ...file, reason },
  'file-superseded': { what: 'file-superseded', ...object },
  'file-gone': { what: 'file-gone', ...object },
  'object-ignored': { what: 'object-ignored', ...object, reason },
  'source-unknown': { what: 'source-unknown', ...object },
  'payer-over-limit': { what: 'payer-over-limit', payer, counted: 'files', limit: 50_000 },
  'object-held-back': { what: 'object-held-back', ...object },
  'event-foreign': { what: 'event-foreign', ...object, account: '999988887777' },
  'source-unreadable': { what: 'source-unreadable', payer, bucket: 'b', prefix: 'p', reason },
  'delivery-known': { what: 'delivery-known', partition, executionId: 'e', files: 2, missing: 1 },
  'delivery-unsure': { what: 'delivery-unsure', partition, executionId: 'e', keys: ['k'] },
  'manifest-quarantined': { what: 'manifest-quarantined', ...file, reason },
  'run-started': { what: 'run-started', period, epoch: run, partitions: 1 },
  'step-timed': { what: 'step-timed', period, step: 'audit', seconds: 4 },
  'rows-verified': { what: 'rows-verified', partition, rows: 3 },
  'partition-held': { what: 'partition-held', partition, reason },
  'partition-published': { what: 'partition-published', partition, files: 2, rows: 3 },
  'partition-postponed': { what: 'partition-postponed', partition, nextSeconds: 90 },
  'registration-failed': { what: 'registration-failed', ...trouble },
  'verification-failed': { what: 'verification-failed', ...trouble },
  'analytics-failed': { what: 'analytics-failed', ...trouble },
  'analytics-started': { what: 'analytics-started', period, run, partitions: 1, steps: 9 },
  'analytics-handed-on': { what: 'analytics-handed-on', period, run, stepsDone: 1, steps: 9, queryId: 'q' },
  'analytics-repeated': { what: 'analytics-repeated', period, run, attempts: 1, reason },
  'analytics-cancelled': { what: 'analytics-cancelled', period, run, reason },
  'check-failed': {
    what: 'check-failed',
    period,
    run,
    check: 'idle-load-balancer',
    payers: 3,
    code: '100035',
    reason,
  },
  'analytics-done': { what: 'analytics-done', period, run, partitions: 1, seconds: 60 },
  'partition-finalized': {
    what: 'partition-finalized',
    partition,
    files: 2,
    rows: 3,
    findings: 4,
    savings: [{ currency: 'USD', estimatedSaving: 56.78 }],
    deliveryLagSeconds: 600,
  },
  'files-removed': { what: 'files-removed', partition, files: 2 },
  'removal-failed': { what: 'removal-failed', partition, files: 2, reason },
  'copy-damaged': { what: 'copy-damaged', ...file, sizeBytes: 100, expectedBytes: 900 },
  'copy-restored': { what: 'copy-restored', ...file },
  'copies-unowned': { what: 'copies-unowned', partition, files: 2 },
  'configuration-loaded': { what: 'configuration-loaded', from: 'table', payers: 12 },
  'configuration-empty': { what: 'configuration-empty', from: 'cache', reason },
  'configuration-fallback': { what: 'configuration-fallback', from: 'cache', reason },
  'payer-row-wrong': { what: 'payer-row-wrong', row: 3, reason },
  'warehouse-unavailable': { what: 'warehouse-unavailable', period, reason },
  'lease-lost': { what: 'lease-lost', period, epoch: run },
  surveyed: {
    what: 'surveyed',
    dirtyPartitions: 2,
    oldestDirtyHours: 1.5,
    notVisibleHours: 1,
    outboxDepth: 3,
    quarantinedFiles: 1,
  },
  'payer-fresh': { what: 'payer-fresh', payer, hours: 40, isStale: true, isMeasured: true },
  'freshness-surveyed': { what: 'freshness-surveyed', payers: 12, stalestHours: 40, stalePayers: 1 },
  'messages-sent': { what: 'messages-sent', count: 5 },
  'messages-kept': { what: 'messages-kept', count: 6, isAtLeast: false, reason },
  'message-unroutable': { what: 'message-unroutable', id: 'i', routingKey: 'cur.all.all.x' },
  'message-dropped': { what: 'message-dropped', id: 'i', routingKey: 'cur.all.all.x', reason },
};

/** The same, with the three places that a configuration may be from. */
export const everyEvent: readonly ReactorEvent[] = [
  ...Object.values(EVENTS),
  { what: 'configuration-loaded', from: 'cache', payers: 12 },
  { what: 'configuration-loaded', from: 'fallback', payers: 1 },
];
