import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PartitionRecord } from '../../src/ledger/partitionRecord.ts';
import { verdictOf } from '../../src/status/verdict.ts';
import { anyRecord, COMPLETE, DIRTY } from './statusRecords.ts';

/** Everything that may still be missing, each asked of the record itself. */
const LACKS: Record<string, (record: PartitionRecord) => boolean> = {
  'it is dirty': ({ changes, settledChanges }) => changes > settledChanges,
  'its delivery waits for something': ({ delivery }) => (delivery?.awaited.length ?? 0) > 0,
  'something failed': ({ problem }) => problem !== undefined,
  'it is held': ({ held }) => held !== undefined,
  'nothing is published': (record) => record.published === undefined,
  'another delivery is published': ({ delivery, published: is }) =>
    delivery !== undefined && delivery.id !== is?.deliveryId,
  'analytics have not run since': ({ published: is, analysed }) => (analysed?.epoch ?? -1) < (is?.epoch ?? 0),
  'analytics ran over another set': ({ published: is, analysed }) => analysed?.setId !== is?.setId,
  'a check has failed over what is published': ({ analysed }) => analysed?.failedChecks !== undefined,
  'it has another report, and nobody has chosen': ({ otherReports }) => (otherReports?.length ?? 0) > 0,
  'its manifest never came': ({ awaitsManifest, delivery }) => awaitsManifest && !delivery,
};

describe('the verdict', () => {
  it('is never complete while anything at all is missing, and always when nothing is', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const lacks = Object.entries(LACKS).filter(([, isSo]) => isSo(record));
        expect(verdictOf(record) === 'complete', lacks.map(([what]) => what).join()).toBe(lacks.length === 0);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each(Object.keys(LACKS))('is not complete because %s', (what) => {
    const isSo = LACKS[what];
    const lacking = fc.sample(
      anyRecord.filter((record) => isSo?.(record) ?? false),
      20,
    );
    expect(lacking.map(verdictOf)).not.toContain('complete');
  });

  it('is unknown where nothing was ever recorded', () => {
    expect(verdictOf(undefined)).toBe('unknown');
  });

  it('is unknown where files are published whose manifest never came: nobody knows whether they are all', () => {
    const { delivery: _, completeDelivery: __, ...record } = COMPLETE;
    expect(verdictOf(record)).toBe('unknown');
    expect(verdictOf({ ...record, awaitsManifest: false })).toBe('complete');
    expect(verdictOf({ ...record, held: 'x' })).toBe('incomplete');
  });

  it('is complete for the record that these tests begin with, and incomplete once it has changed', () => {
    expect([verdictOf(COMPLETE), verdictOf(DIRTY)]).toEqual(['complete', 'incomplete']);
  });
});
