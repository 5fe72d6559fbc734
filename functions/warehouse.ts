import type { FinalizeEnvironment } from '../src/config/environment.ts';
import type { Warehouse } from '../src/warehouse/warehouse.ts';

/**
 * Nothing can be published. Consequence: the tick is kept, and ends in the dead-letter queue; the sweep sends new ones.
 * Files are staged all the same, and the first tick that finds a warehouse publishes them.
 */
export class WarehouseNotConfigured extends Error {
  override readonly name = 'WarehouseNotConfigured';
}

/** Opens the stage's warehouse. There is none to open on AWS yet: throws WarehouseNotConfigured. */
export async function openWarehouse({ STAGE }: Pick<FinalizeEnvironment, 'STAGE'>): Promise<Warehouse> {
  throw new WarehouseNotConfigured(`no warehouse is configured for stage ${STAGE}: what is staged stays unpublished`);
}
