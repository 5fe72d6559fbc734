import fc from 'fast-check';
import { newPartitionRecord, type PartitionRecord } from '../../src/ledger/partitionRecord.ts';
import { ALPHA, deliveryOf, START } from '../ledger/records.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DEBOUNCE = { quietSeconds: 300, maxWaitSeconds: 3600 };

const { id, executionId, manifest } = deliveryOf();
export const WHOLE = { id, executionId, manifest, files: 5, awaited: [] };

export const FAILED_CHECKS = {
  names: ['idle-vpn', 'never-off'],
  reason: '100035: not recognized',
  attempts: 2,
  retryAt: START + 20 * MINUTE,
};

/** A partition with nothing left to do: its one delivery is whole, published and analysed. */
export const COMPLETE: PartitionRecord = {
  ...newPartitionRecord(ALPHA),
  changes: 6,
  settledChanges: 6,
  awaitsManifest: true,
  watermark: START,
  delivery: WHOLE,
  completeDelivery: { id, executionId, manifest },
  published: { setId: 'set-1', deliveryId: id, files: 5, rows: 1234, epoch: 7, at: START + MINUTE },
  analysed: { setId: 'set-1', epoch: 7, watermark: START, at: START + 2 * MINUTE },
};

/** The same with a change that no run has settled. */
export const DIRTY: PartitionRecord = {
  ...COMPLETE,
  changes: 7,
  firstChangeAt: START + HOUR,
  lastChangeAt: START + HOUR + MINUTE,
};

const ids = fc.constantFrom('delivery-1', 'delivery-2');
const sets = fc.constantFrom('set-1', 'set-2');
const small = fc.integer({ min: 0, max: 3 });
const deliveries = fc
  .tuple(ids, fc.subarray(['a', 'b', 'second-look']))
  .map(([id, awaited]) => ({ ...WHOLE, id, awaited }));
const published = fc.record(
  { setId: sets, deliveryId: ids, files: small, rows: small, epoch: small, at: small },
  { requiredKeys: ['setId', 'files', 'rows', 'epoch', 'at'] },
);
const problems = fc.record({
  what: fc.constantFrom('registration-failed' as const, 'verification-failed' as const, 'analytics-failed' as const),
  message: fc.string(),
  attempts: small,
  at: small,
  retryAt: small,
  changes: small,
});
/** Any record at all, also such as no run would leave behind. */
export const anyRecord: fc.Arbitrary<PartitionRecord> = fc.record(
  {
    partition: fc.constant(ALPHA),
    changes: small,
    settledChanges: small,
    awaitsManifest: fc.boolean(),
    delivery: deliveries,
    completeDelivery: ids.map((id) => deliveryOf({ id })),
    published,
    analysed: fc.record(
      { setId: sets, epoch: small, watermark: small, at: small, failedChecks: fc.constant(FAILED_CHECKS) },
      { requiredKeys: ['setId', 'epoch', 'watermark', 'at'] },
    ),
    held: fc.string(),
    problem: problems,
    watermark: small,
    report: fc.constant('acme/daily'),
    otherReports: fc.array(fc.record({ report: fc.constant('acme/hourly'), since: small }), { maxLength: 2 }),
  },
  { requiredKeys: ['partition', 'changes', 'settledChanges', 'awaitsManifest'] },
);
