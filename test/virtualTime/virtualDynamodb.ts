import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SHORT_CALLS } from '../../functions/services.ts';
import { openDynamodbLedger } from '../../src/adapters/dynamodb/ledger.ts';
import { createBackoff } from '../../src/base/backoff.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { between, type Random } from '../../src/programs/sample/random.ts';
import { TableInProcess } from '../adapters/dynamodb/tableInProcess.ts';
import { DynamodbLimits, type Throughput } from './dynamodbLimits.ts';
import type { VirtualClock } from './virtualClock.ts';

/** "Single-digit millisecond" (DynamoDB Developer Guide, "What is Amazon DynamoDB?"). */
const FASTEST_SECONDS = 0.003;
const SLOWEST_SECONDS = 0.009;
const FOLD_EVERY = 16;

/** What a test makes worse than it is. */
export interface DynamodbChanges {
  readonly ofKey?: Throughput;
  readonly foldEvery?: number;
}

/** The ledger's table in virtual time, with DynamoDB's latency and limits. */
export class VirtualDynamodb {
  readonly table = new TableInProcess();
  readonly limits: DynamodbLimits;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #foldEvery: number;

  constructor(clock: VirtualClock, random: Random, { ofKey, foldEvery = FOLD_EVERY }: DynamodbChanges = {}) {
    this.#clock = clock;
    this.#random = random;
    this.#foldEvery = foldEvery;
    this.limits = new DynamodbLimits(() => clock.now, ofKey);
    this.table.admits = (charge) => this.limits.admits(charge);
  }

  /** A client of a process of its own: the SDK's, with the attempts that the functions give it. */
  client(): DynamoDBClient {
    const { maxAttempts } = SHORT_CALLS;
    const onTheWay = () => this.#clock.sleep(between(this.#random, FASTEST_SECONDS, SLOWEST_SECONDS) / 2);
    return this.table.client({ maxAttempts, onTheWay });
  }

  /** The ledger of a process of its own. */
  ledger(client = this.client()): Ledger {
    const backoff = createBackoff(this.#random, (ms) => this.#clock.sleep(ms / 1000));
    const ledger = openDynamodbLedger(client, 'ledger', { foldEvery: this.#foldEvery, backoff });
    return this.#clock.waitingFor(ledger);
  }
}
