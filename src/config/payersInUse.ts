import type { Moment } from '../base/moment.ts';
import type { ObjectCreated } from '../billing/objectCreated.ts';
import { type Place, placeBySources } from '../billing/placement.ts';
import type { ConfigurationOrigin } from '../ledger/activity.ts';
import type { StoredConfiguration } from '../ledger/ledger.ts';
import type { Report } from '../telemetry/events.ts';
import type { PayersConfiguration } from './payers.ts';

/** Where the payers in use are looked up. `now` answers milliseconds since 1970. */
interface PayersLookup {
  /** The ledger's copy. */
  readonly stored: () => Promise<StoredConfiguration | undefined>;
  /** The payers file. */
  readonly fallback: PayersConfiguration;
  readonly now: () => Moment;
}

/** A configuration is used for so long before the ledger is asked again. */
const FRESH_MS = 5 * 60_000;
/** The same for an object of nobody: a payer may just have been added. Buckets hold much that is no payer's, so not each time. */
const FRESH_FOR_UNKNOWN_MS = 60_000;
/** Reconcile queues objects of payers that are configured, after it has kept that configuration: nothing older will do. */
const FRESH_FOR_RECONCILE_MS = 0;
const RECONCILE = 'reconcile';

interface Known {
  readonly place: Place;
  readonly from: Exclude<ConfigurationOrigin, 'table'>;
  readonly askedAt: Moment;
  /** Why the ledger could not be asked at `askedAt`: this is the configuration from before. */
  readonly failure?: unknown;
}

/**
 * The payers that the copy function works with: the ledger's copy of the payers table where reconcile has kept one, else
 * the payers file. It lives as long as its process, and asks the ledger every five minutes, and sooner for an object of
 * nobody.
 *
 * Where the policies name payers, a role may read only what the payers file named when it was packaged. A payer that the
 * table has and the file has not is known at once, and cannot be read before it is in the file and deployed: reconcile
 * reports AccessDenied, and messages are kept. Where they name the organization (payerAccess), it can be read at once.
 *
 *   the ledger cannot be asked       the configuration from before counts on, reported; retry in five minutes
 *   … and there is none              throws: without a ledger nothing can be staged either; the message is kept
 *   … and an object is of nobody     throws: somebody may have been added; the message is kept
 */
export class PayersInUse {
  readonly #lookup: PayersLookup;
  #known: Known | undefined;
  #asking: Promise<Known> | undefined;

  constructor(lookup: PayersLookup) {
    this.#lookup = lookup;
  }

  /** How the object of an event is to be placed. Throws what the ledger throws, where the message must be kept. */
  async placeFor(
    { bucket, key, reason }: Pick<ObjectCreated, 'bucket' | 'key' | 'reason'>,
    report: Report,
  ): Promise<Place> {
    const { place } = await this.#knownFor(FRESH_MS, report);
    if (place(bucket, key).is !== 'unknown-source') return place;
    const again = await this.#knownFor(reason === RECONCILE ? FRESH_FOR_RECONCILE_MS : FRESH_FOR_UNKNOWN_MS, report);
    if (again.failure !== undefined && again.place(bucket, key).is === 'unknown-source') throw again.failure;
    return again.place;
  }

  /** Messages of one batch share what is asked for them: it is asked after all of them were sent. */
  async #knownFor(maxAgeMs: number, report: Report): Promise<Known> {
    if (this.#known && this.#lookup.now() - this.#known.askedAt < maxAgeMs) return this.#known;
    this.#asking ??= this.#ask(report).finally(() => {
      this.#asking = undefined;
    });
    this.#known = await this.#asking;
    return this.#known;
  }

  async #ask(report: Report): Promise<Known> {
    const { stored, fallback, now } = this.#lookup;
    const askedAt = now();
    try {
      const configuration = await stored();
      return configuration?.from === 'table'
        ? { place: placeBySources(configuration.sources), from: 'cache', askedAt }
        : { place: placeBySources(fallback.sources), from: 'fallback', askedAt };
    } catch (failure) {
      if (!this.#known) throw failure;
      const { place, from } = this.#known;
      report({ what: 'configuration-fallback', from, reason: String(failure) });
      return { place, from, askedAt, failure };
    }
  }
}
