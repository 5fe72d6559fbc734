import type { Partition } from '../../billing/partition.ts';
import { billCostUsd, billOf, resourcesOf } from './bill.ts';
import { finalDeliveries } from './deliveryPlan.ts';
import type { PlantedCheck } from './resource.ts';

/**
 * What readers should see of one partition when all of {@link sampleDeliveries} has been taken in.
 */
interface ExpectedPartition {
  readonly partition: Partition;
  readonly rows: number;
  readonly files: number;
  /** The sum of the unblended costs, up to rounding in the order of addition. */
  readonly costUsd: number;
  /** What the wastage checks have to find, by resource; commitments have no resource. */
  readonly planted: readonly { readonly check: PlantedCheck; readonly resourceIds: readonly string[] }[];
}

/** The end of the sample, computed from the same bills that its files are written from. */
export function sampleExpectation(seed: number): ExpectedPartition[] {
  return finalDeliveries().map((delivery) => {
    const { source, period, parts } = delivery;
    const bill = billOf(seed, delivery);
    const resources = resourcesOf(seed, source, period);
    return {
      partition: { payer: source.payer, period },
      rows: bill.length,
      files: parts,
      costUsd: billCostUsd(bill),
      planted: source.planted.map((check) => ({
        check,
        resourceIds: resources.filter(({ planted }) => planted === check).map(({ id }) => id),
      })),
    };
  });
}
