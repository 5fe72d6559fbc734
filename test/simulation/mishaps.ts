import * as fc from 'fast-check';
import { WarehouseBroken } from '../../src/warehouse/warehouse.ts';
import type { Oracle } from './oracle.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimulatedLedger } from './simulatedLedger.ts';

/**
 * What befalls a world from outside, some seconds after its beginning.
 *
 *   outage    a part of the world refuses everything for a while: a full disk, a disk that fails
 *   broken    the warehouse answers nothing any more until whoever works with it is started again
 *   restored  the ledger is put back to what it was some seconds before
 *   lost      the warehouse is gone, and an empty one stands in its place
 *   clock     the reactor's clock is set back; nobody else's is
 */
export type Mishap = { readonly atSeconds: number } & (
  | { readonly is: 'outage'; readonly of: Part; readonly seconds: number }
  | { readonly is: 'broken' }
  | { readonly is: 'restored'; readonly savedSecondsBefore: number }
  | { readonly is: 'lost' }
  | { readonly is: 'clock'; readonly backSeconds: number }
);

const PARTS = ['store', 'ledger', 'warehouse'] as const;
export type Part = (typeof PARTS)[number];

const atSeconds = fc.integer({ min: 1, max: 900 });

const anyMishap: fc.Arbitrary<Mishap> = fc.oneof(
  fc.record({
    is: fc.constant('outage' as const),
    atSeconds,
    of: fc.constantFrom(...PARTS),
    seconds: fc.constantFrom(1, 30, 300),
  }),
  fc.record({ is: fc.constant('broken' as const), atSeconds }),
  fc.record({ is: fc.constant('restored' as const), atSeconds, savedSecondsBefore: fc.constantFrom(5, 60, 900) }),
  fc.record({ is: fc.constant('lost' as const), atSeconds }),
  fc.record({
    is: fc.constant('clock' as const),
    atSeconds,
    backSeconds: fc.constantFrom(30, 600, 86_400, 31_536_000),
  }),
);

/** Most worlds see none: what goes wrong all the time hides what goes wrong otherwise. */
export const anyMishaps: fc.Arbitrary<readonly Mishap[]> = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(anyMishap, { minLength: 1, maxLength: 3 }) },
);

/** What the steps of a process begin with, by the part of the world that they need. */
const LABELS: Readonly<Record<Part, readonly string[]>> = {
  store: ['store.'],
  ledger: ['ledger.'],
  warehouse: ['warehouse.', 'script.'],
};
const REASONS: Readonly<Record<Part, string>> = {
  store: 'ENOSPC: no space left on device, copyfile',
  ledger: 'disk I/O error',
  warehouse: 'IO Error: Could not write file: No space left on device',
};

/** Which parts of the world refuse to work at the moment. */
export class Outages {
  readonly #refusing = new Map<Part, number>();
  isBroken = false;

  begin(part: Part): void {
    this.#refusing.set(part, (this.#refusing.get(part) ?? 0) + 1);
  }

  end(part: Part): void {
    this.#refusing.set(part, (this.#refusing.get(part) ?? 0) - 1);
  }

  /** Why a step fails now; undefined where nothing hinders it. */
  refusal(label: string): Error | undefined {
    if (this.isBroken && needs(label, 'warehouse')) return new WarehouseBroken('the warehouse has to be opened again');
    const part = PARTS.find((one) => (this.#refusing.get(one) ?? 0) > 0 && needs(label, one));
    return part && new Error(`${label}: ${REASONS[part]}`);
  }
}

function needs(label: string, part: Part): boolean {
  return LABELS[part].some((start) => label.startsWith(start));
}

/** The world that mishaps befall. */
export interface Befallen {
  readonly scheduler: Scheduler;
  readonly outages: Outages;
  readonly ledger: SimulatedLedger;
  readonly oracle: Oracle;
  readonly loseWarehouse: () => void;
  /** Ends everything that works, and starts the reactor again. */
  readonly start: () => void;
}

export function scheduleMishaps(mishaps: readonly Mishap[], world: Befallen): void {
  for (const mishap of mishaps) schedule(mishap, world);
}

function schedule(mishap: Mishap, world: Befallen): void {
  const { scheduler, outages, oracle, loseWarehouse, start } = world;
  const at = scheduler.now + mishap.atSeconds * 1000;
  const befalls = (label: string, act: () => void, moment = at) => {
    scheduler.at(moment, label, () => {
      scheduler.disturb();
      act();
    });
  };
  switch (mishap.is) {
    case 'outage': {
      const { of: part, seconds } = mishap;
      befalls(`the ${part} fails for ${seconds} s`, () => outages.begin(part));
      befalls(`the ${part} works again`, () => outages.end(part), at + seconds * 1000);
      break;
    }
    case 'broken':
      befalls('the warehouse is invalidated', () => {
        outages.isBroken = true;
      });
      break;
    case 'restored': {
      const { ledger } = world;
      let saved = ledger.save();
      const save = () => {
        saved = ledger.save();
      };
      befalls('the ledger is saved', save, at - mishap.savedSecondsBefore * 1000);
      befalls('the ledger is restored', () => {
        ledger.restore(saved);
        oracle.ledgerRestored();
        start();
      });
      break;
    }
    case 'lost':
      befalls('the warehouse is lost', () => {
        loseWarehouse();
        oracle.warehouseLost();
        start();
      });
      break;
    case 'clock':
      befalls(`the clock is set back by ${mishap.backSeconds} s`, () => {
        scheduler.clockBehindMs += mishap.backSeconds * 1000;
        oracle.clockSetBack();
      });
      break;
    default:
      mishap satisfies never;
  }
}
