import { afterEach, beforeEach, describe } from 'vitest';
import { describeAudit } from './contract/audit.ts';
import { describeFence } from './contract/fence.ts';
import { describeLineItems } from './contract/lineItems.ts';
import { describePublish } from './contract/publish.ts';
import { describeRegister } from './contract/register.ts';
import { describeScript, describeScriptFence } from './contract/script.ts';
import { describeTotals } from './contract/totals.ts';
import { describeUnregister } from './contract/unregister.ts';
import type { WarehouseHarness } from './harness.ts';

/**
 * What every implementation of Warehouse must do. `makeHarness` gives a warehouse that nothing was
 * written to.
 */
export function describeWarehouseContract(name: string, makeHarness: () => Promise<WarehouseHarness>): void {
  let harness: WarehouseHarness;
  beforeEach(async () => {
    harness = await makeHarness();
  });
  afterEach(() => harness.close());

  describe(`${name} fulfils the warehouse contract`, () => {
    describe('register', () => describeRegister(() => harness));
    describe('audit', () => describeAudit(() => harness));
    describe('publish', () => describePublish(() => harness));
    describe('line items', () => describeLineItems(() => harness));
    describe('the fence', () => describeFence(() => harness));
    describe('totals', () => describeTotals(() => harness));
    describe('the script', () => {
      describeScript(() => harness);
      describeScriptFence(() => harness);
    });
    describe('unregister', () => describeUnregister(() => harness));
  });
}
