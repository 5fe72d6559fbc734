import { parsePeriod } from '../../billing/period.ts';
import type { SampleDelivery } from './delivery.ts';
import { type SampleSource, sampleSources } from './sampleSources.ts';

const september = parsePeriod('2026-09');
const october = parsePeriod('2026-10');

/**
 * What every payer delivers, oldest refresh first. September is restated in full each time; October
 * grows. Payer 111122223333's second September has fewer parts than its first, and 333344445555 has
 * only just begun to export.
 */
export const sampleDeliveryPlan: readonly SampleDelivery[] = [
  ...plan('111122223333', september, [30, 3], [30, 2]),
  ...plan('111122223333', october, [20, 2]),
  ...plan('222233334444', september, [30, 2], [30, 2]),
  ...plan('222233334444', october, [16, 1], [19, 2]),
  ...plan('333344445555', october, [17, 2], [20, 2]),
  ...plan('444455556666', september, [30, 2], [30, 2]),
  ...plan('444455556666', october, [19, 2]),
];

/** The delivery that stands in the end for each partition: what a reader should see. */
export function finalDeliveries(): SampleDelivery[] {
  return sampleDeliveryPlan.filter(
    (delivery) =>
      !sampleDeliveryPlan.some((other) => isSamePartition(other, delivery) && other.refresh > delivery.refresh),
  );
}

function isSamePartition(a: SampleDelivery, b: SampleDelivery): boolean {
  return a.source === b.source && a.period === b.period;
}

function plan(
  payer: string,
  period: SampleDelivery['period'],
  ...refreshes: readonly [days: number, parts: number][]
): SampleDelivery[] {
  const source = sourceOf(payer);
  return refreshes.map(([days, parts], refresh) => ({ source, period, refresh, days, parts }));
}

function sourceOf(payer: string): SampleSource {
  const source = sampleSources.find((candidate) => candidate.payer === payer);
  if (!source) throw new RangeError(`no sample source has the payer ${payer}`);
  return source;
}
