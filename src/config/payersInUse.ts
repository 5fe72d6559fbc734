import type { Moment } from '../base/moment.ts';
import { type Place, type Placement, placeBySources } from '../billing/placement.ts';
import type { PayerSource } from '../billing/source.ts';
import type { StoredConfiguration } from '../ledger/ledger.ts';
import type { CopyMessage } from '../queue/copyMessage.ts';
import type { Report } from '../telemetry/events.ts';
import type { PayersConfiguration } from './payers.ts';
import { type PayersInForce, payersInForce } from './payersInForce.ts';

/** Where the payers in use are looked up. `now` answers milliseconds since 1970. */
interface PayersLookup {
  /** The ledger's copy. */
  readonly stored: () => Promise<StoredConfiguration | undefined>;
  /** The payers file. */
  readonly fallback: PayersConfiguration;
  readonly now: () => Moment;
  /** Is given the sources whenever they were looked up. */
  readonly learn?: (sources: readonly PayerSource[]) => void;
}

/** A configuration is used for so long before the ledger is asked again. */
const FRESH_MS = 5 * 60_000;
/**
 * The same for an object that belongs to no payer: one may just have been added. Buckets hold many
 * such objects, so not each time.
 */
const FRESH_FOR_UNKNOWN_MS = 60_000;
/**
 * Reconcile requests objects of payers that are configured, after it has saved that configuration:
 * nothing older will do.
 */
const FRESH_FOR_DISCOVERED_MS = 0;

/** What an object is, by one configuration, and how that places others: a manifest's files. */
interface PlacedByConfiguration {
  readonly placement: Placement;
  readonly place: Place;
}

interface Known {
  readonly place: Place;
  readonly from: PayersInForce['from'];
  readonly askedAt: Moment;
  /** Why the ledger could not be asked at `askedAt`: this is the configuration from before. */
  readonly failure?: unknown;
}

/**
 * The payers that the copy function works with: the ledger's copy of the payers table where
 * reconcile has saved one, else the payers file. It lives as long as its process, and asks the
 * ledger every five minutes, and sooner for an object that belongs to no payer.
 *
 * Where the policies name payers, a role may read only what the payers file named when it was
 * packaged. A payer that the table has and the file has not is known at once, and cannot be read
 * before it is in the file and deployed: reconcile reports AccessDenied for it, and messages wait.
 * Where they name the organization (payerAccess), it can be read at once.
 *
 *   the ledger cannot be asked       the configuration from before counts on, reported; retry in five minutes
 *   … and there is none              throws: without a ledger nothing can be staged either; the message is retried
 *   … and an object has no payer     throws: a payer may have been added; the message is retried
 */
export class PayersInUse {
  readonly #lookup: PayersLookup;
  #known: Known | undefined;
  #asking: Promise<Known> | undefined;

  constructor(lookup: PayersLookup) {
    this.#lookup = lookup;
  }

  /**
   * What the object of a message is. Throws what the ledger throws, where the message must be
   * retried.
   */
  async placed(
    { bucket, key, kind }: Pick<CopyMessage, 'bucket' | 'key' | 'kind'>,
    report: Report,
  ): Promise<PlacedByConfiguration> {
    const first = await this.#knownFor(FRESH_MS, report);
    const placement = first.place(bucket, key);
    if (placement.is !== 'unknown-source') return { placement, place: first.place };
    const maxAgeMs = kind === 'discovered' ? FRESH_FOR_DISCOVERED_MS : FRESH_FOR_UNKNOWN_MS;
    const { place, failure } = await this.#knownFor(maxAgeMs, report);
    const again = place === first.place ? placement : place(bucket, key);
    if (failure !== undefined && again.is === 'unknown-source') throw failure;
    return { placement: again, place };
  }

  /**
   * Messages of one batch share what is asked for them: it is asked after all of them were sent.
   */
  async #knownFor(maxAgeMs: number, report: Report): Promise<Known> {
    if (this.#known && this.#lookup.now() - this.#known.askedAt < maxAgeMs) return this.#known;
    this.#asking ??= this.#ask(report).finally(() => {
      this.#asking = undefined;
    });
    this.#known = await this.#asking;
    return this.#known;
  }

  async #ask(report: Report): Promise<Known> {
    const { stored, fallback, now, learn } = this.#lookup;
    const askedAt = now();
    try {
      const { sources, from } = payersInForce(await stored(), fallback);
      learn?.(sources);
      return { place: placeBySources(sources), from, askedAt };
    } catch (failure) {
      if (!this.#known) throw failure;
      const { place, from } = this.#known;
      report({ what: 'configuration-fallback', from, reason: String(failure) });
      return { place, from, askedAt, failure };
    }
  }
}
