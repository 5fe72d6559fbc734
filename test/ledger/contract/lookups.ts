import { describe, expect, it } from 'vitest';
import { parsePeriod } from '../../../src/billing/period.ts';
import type { FileSchema, Ledger } from '../../../src/ledger/ledger.ts';
import { ALPHA, BETA, deliveryOf, PERIOD, START, versionOf } from '../records.ts';

const SCHEMA: FileSchema = { id: 's1', columns: [{ name: 'line_item/UsageType', type: 'string' }] };
const OTHER_SCHEMA: FileSchema = { id: 's2', columns: [] };

export function describeLookups(subject: () => Ledger): void {
  describe('schemas', () => {
    it('come back by their ids, each once', async () => {
      for (const schema of [SCHEMA, OTHER_SCHEMA, SCHEMA]) await subject().recordSchema(schema);
      expect(await subject().schemas(['s1', 's2', 's1'])).toEqual(
        new Map([
          ['s1', SCHEMA.columns],
          ['s2', OTHER_SCHEMA.columns],
        ]),
      );
      expect(await subject().schemas([])).toEqual(new Map());
    });

    it('that are missing are an error: no file is shown without its columns', async () => {
      await subject().recordSchema(SCHEMA);
      await expect(subject().schemas(['s1', 's9'])).rejects.toThrow('s9');
    });
  });

  describe('periods', () => {
    const inPeriod = (month: string) => ({ ...ALPHA, period: parsePeriod(month) });

    it('are those that have partitions, oldest first, each once', async () => {
      expect(await subject().periods()).toEqual([]);
      for (const month of ['2026-10', '2025-12', '2026-02']) {
        await subject().recordVersion(versionOf({ partition: inPeriod(month) }), START);
      }
      await subject().recordVersion(versionOf({ partition: { ...BETA, period: parsePeriod('2026-02') } }), START);
      await subject().recordDelivery(deliveryOf({ partition: inPeriod('2026-09') }), [], START);
      await subject().acquireLease(parsePeriod('2026-03'), 'run', START, START + 1);
      expect(await subject().periods()).toEqual(['2025-12', '2026-02', '2026-09', '2026-10']);
    });

    it('answer the records of all their partitions and of no other', async () => {
      expect(await subject().partitions(PERIOD)).toEqual([]);
      const alpha = await subject().recordVersion(versionOf({ partition: ALPHA }), START);
      const beta = await subject().recordVersion(versionOf({ partition: BETA }), START + 1);
      await subject().recordVersion(versionOf({ partition: inPeriod('2026-05') }), START);
      const records = await subject().partitions(PERIOD);
      records.sort((a, b) => Number(a.partition.payer) - Number(b.partition.payer));
      expect(records).toEqual([alpha.partition, beta.partition]);
    });
  });
}
