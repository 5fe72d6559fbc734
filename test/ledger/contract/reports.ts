import { beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { isDirty } from '../../../src/ledger/partitionRecord.ts';
import type { VersionRecord } from '../../../src/ledger/versionRecord.ts';
import { ALPHA, BETA, deliveryOf, START, type VersionSketch, versionOf } from '../records.ts';

const [HOURLY, DAILY] = ['cur-source/exports/hourly', 'cur-source/exports/daily'];

/** A version of a report's month, as Data Exports lay it. */
function ofReport(name: string, sketch: VersionSketch = {}): VersionRecord {
  return versionOf({ folder: `exports/${name}/data/BILLING_PERIOD=2026-04/`, ...sketch });
}

function deliveryOfReport(name: string, files: readonly VersionRecord[] = []) {
  const manifestKey = `exports/${name}/metadata/BILLING_PERIOD=2026-04/${name}-Manifest.json`;
  return deliveryOf({ id: `delivery-of-${name}`, manifestKey, files });
}

export function describeReportRules(subject: () => Ledger): void {
  describe('of several reports of one month', () => {
    let ledger: Ledger;
    beforeEach(() => {
      ledger = subject();
    });
    const bill = async () => (await ledger.partition(ALPHA))?.report;
    const others = async () => (await ledger.partition(ALPHA))?.otherReports?.map(({ report }) => report) ?? [];

    it('the first with rows is the bill', async () => {
      await ledger.recordVersion(ofReport('empty', { outcome: { status: 'empty' } }), START);
      await ledger.recordVersion(ofReport('bad', { outcome: { status: 'quarantined', reason: 'no footer' } }), START);
      await ledger.recordVersion(ofReport('focus', { outcome: { status: 'set-aside', reason: 'FOCUS' } }), START);
      expect(await bill()).toBeUndefined();
      const { partition } = await ledger.recordVersion(ofReport('hourly'), START);
      expect(partition.report).toBe(HOURLY);
      expect([await bill(), await others()]).toEqual([HOURLY, []]);
    });

    it('the one whose manifest came first is the bill', async () => {
      await ledger.recordDelivery(deliveryOfReport('hourly'), ['something'], START);
      await ledger.recordVersion(ofReport('daily'), START);
      expect([await bill(), await others()]).toEqual([HOURLY, [DAILY]]);
    });

    it('a second one is noted once, with its moment, and changes nothing: no change, no watermark, no tick', async () => {
      await ledger.recordVersion(ofReport('hourly'), START);
      const before = await ledger.partition(ALPHA);
      const later = { lastModified: START + 9000 };
      const first = await ledger.recordVersion(ofReport('daily', later), START + 1000);
      const second = await ledger.recordVersion(ofReport('daily', { key: 'b', ...later }), START + 2000);
      const noted = { ...before, otherReports: [{ report: DAILY, since: START + 1000 }] };
      expect([first.tick, second.tick]).toEqual(['none', 'none']);
      expect([first.partition, second.partition, await ledger.partition(ALPHA)]).toEqual([noted, noted, noted]);
    });

    it('a file of a second one completes no delivery of the bill, even if that names it, and is new only once', async () => {
      const daily = ofReport('daily');
      await ledger.recordDelivery(deliveryOfReport('hourly', [daily]), [daily.id], START);
      expect((await ledger.recordVersion(daily, START)).isNew).toBe(true);
      const again = await ledger.recordVersion(daily, START);
      expect(again.isNew).toBe(false);
      expect(again.partition.delivery?.awaited).toEqual([daily.id]);
    });

    it('the files of a second one are known all the same, each once', async () => {
      const [hourly, daily, part] = [ofReport('hourly'), ofReport('daily'), ofReport('daily', { key: 'b' })];
      for (const version of [hourly, daily, part]) {
        expect((await ledger.recordVersion(version, START)).isNew).toBe(true);
        expect((await ledger.recordVersion(version, START)).isNew).toBe(false);
      }
      expect(await ledger.versions(ALPHA)).toHaveLength(3);
      expect(await ledger.version(ALPHA, part.id)).toEqual(part);
    });

    it('what cannot be read, or is no bill, is not taken for a second one', async () => {
      await ledger.recordVersion(ofReport('hourly'), START);
      const before = await ledger.partition(ALPHA);
      const outcomes = [
        { status: 'empty' },
        { status: 'quarantined', reason: 'no footer' },
        { status: 'set-aside', reason: 'FOCUS' },
      ] as const;
      for (const outcome of outcomes) await ledger.recordVersion(ofReport(outcome.status, { outcome }), START + 1000);
      expect(await ledger.partition(ALPHA)).toEqual(before);
      expect(await ledger.versions(ALPHA)).toHaveLength(4);
    });

    it('a second one’s delivery is noted, and takes the place of none', async () => {
      const file = ofReport('hourly');
      await ledger.recordVersion(file, START);
      await ledger.recordDelivery(deliveryOfReport('hourly', [file]), [], START);
      const before = await ledger.partition(ALPHA);
      const { isNew, tick } = await ledger.recordDelivery(deliveryOfReport('daily'), [], START + 1000);
      const noted = { ...before, otherReports: [{ report: DAILY, since: START + 1000 }] };
      expect([isNew, tick]).toEqual([false, 'none']);
      expect(await ledger.partition(ALPHA)).toEqual(noted);
      await ledger.recordDelivery(deliveryOfReport('daily'), ['a file'], START + 2000);
      expect(await ledger.partition(ALPHA)).toEqual(noted);
    });

    it('a second one’s files do not end the bill’s waiting', async () => {
      const awaited = ofReport('hourly');
      await ledger.recordDelivery(deliveryOfReport('hourly', [awaited]), [awaited.id], START);
      await ledger.recordVersion(ofReport('daily'), START);
      expect((await ledger.partition(ALPHA))?.delivery?.awaited).toEqual([awaited.id]);
    });

    it('the first eight are named: more would only make the record grow', async () => {
      await ledger.recordVersion(ofReport('hourly'), START);
      for (let nth = 1; nth <= 10; nth += 1) await ledger.recordVersion(ofReport(`daily-${nth}`), START + nth);
      expect(await others()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((nth) => `${DAILY}-${nth}`));
    });

    it('each month has its own', async () => {
      await ledger.recordVersion(ofReport('hourly'), START);
      await ledger.recordVersion(ofReport('daily', { partition: BETA }), START);
      expect((await ledger.partition(BETA))?.report).toBe(DAILY);
      expect([await bill(), await others()]).toEqual([HOURLY, []]);
    });
  });

  describe('a report that somebody chooses', () => {
    let ledger: Ledger;
    beforeEach(async () => {
      ledger = subject();
      const file = ofReport('hourly');
      await ledger.recordVersion(file, START);
      await ledger.recordDelivery(deliveryOfReport('hourly', [file]), [], START);
      await ledger.recordVersion(ofReport('daily'), START);
    });

    it('is the bill from then on, which is a change; the deliveries of the one before are forgotten', async () => {
      const before = await ledger.partition(ALPHA);
      const { isNew, tick, partition } = await ledger.chooseReport(ALPHA, DAILY, START + 5000);
      expect([isNew, tick]).toEqual([true, 'quiet']);
      expect(partition).toMatchObject({
        report: DAILY,
        changes: (before?.changes ?? 0) + 1,
        lastChangeAt: START + 5000,
      });
      expect(Object.keys(partition)).not.toContain('delivery');
      expect(Object.keys(partition)).not.toContain('completeDelivery');
      expect(Object.keys(partition)).not.toContain('otherReports');
      expect(isDirty(partition)).toBe(true);
      expect(await ledger.partition(ALPHA)).toEqual(partition);
    });

    it('again changes nothing', async () => {
      const { partition } = await ledger.chooseReport(ALPHA, DAILY, START + 5000);
      expect(await ledger.chooseReport(ALPHA, DAILY, START + 6000)).toEqual({ partition, isNew: false, tick: 'none' });
      expect(await ledger.partition(ALPHA)).toEqual(partition);
    });

    it('and is the bill already ends the question, and is no change', async () => {
      const { otherReports: _, ...before } = (await ledger.partition(ALPHA)) ?? {};
      expect(await ledger.chooseReport(ALPHA, HOURLY, START + 5000)).toMatchObject({ isNew: false, tick: 'none' });
      expect(await ledger.partition(ALPHA)).toEqual(before);
    });

    it('takes its own deliveries from then on, and notes what comes of the one before', async () => {
      await ledger.chooseReport(ALPHA, DAILY, START + 5000);
      const { isNew, partition } = await ledger.recordDelivery(deliveryOfReport('daily'), [], START + 6000);
      expect([isNew, partition.completeDelivery?.id]).toEqual([true, 'delivery-of-daily']);
      await ledger.recordVersion(ofReport('hourly', { etag: 'e2' }), START + 7000);
      const { report, otherReports, completeDelivery } = (await ledger.partition(ALPHA)) ?? {};
      expect([report, completeDelivery?.id]).toEqual([DAILY, 'delivery-of-daily']);
      expect(otherReports).toEqual([{ report: HOURLY, since: START + 7000 }]);
    });
  });
}
