import type { Charged } from '../adapters/dynamodb/tableInProcess.ts';

/** Units a second. */
export interface Throughput {
  readonly writeUnits: number;
  readonly readUnits: number;
}

/**
 * What DynamoDB serves of one partition key, and of a new table on demand (DynamoDB Developer
 * Guide, "Best practices for designing and using partition keys effectively" and "DynamoDB
 * on-demand capacity mode").
 */
export const DYNAMODB = {
  ofKey: { writeUnits: 1_000, readUnits: 3_000 },
  ofTable: { writeUnits: 4_000, readUnits: 12_000 },
} as const;

interface Left {
  writeUnits: number;
  readUnits: number;
  at: number;
}

/**
 * Admits what DynamoDB's documented throughput allows, and no more: neither the unused capacity of
 * five minutes that it may lend to a partition, nor partitions that it splits because they are hot
 * ("Burst and adaptive capacity"). So this is harder than DynamoDB is.
 */
export class DynamodbLimits {
  /** What was asked of a key that it did not get. */
  throttled = 0;
  readonly #now: () => number;
  readonly #ofKey: Throughput;
  readonly #ofTable: Throughput;
  readonly #left = new Map<string, Left>();

  /** `now` answers milliseconds since 1970. */
  constructor(now: () => number, ofKey: Throughput = DYNAMODB.ofKey, ofTable: Throughput = DYNAMODB.ofTable) {
    this.#now = now;
    this.#ofKey = ofKey;
    this.#ofTable = ofTable;
  }

  admits({ pk, writeUnits, readUnits }: Charged): boolean {
    const all = [this.#leftOf(`key ${pk}`, this.#ofKey), this.#leftOf('table', this.#ofTable)];
    if (all.some((left) => left.writeUnits < writeUnits || left.readUnits < readUnits)) {
      this.throttled += 1;
      return false;
    }
    for (const left of all) {
      left.writeUnits -= writeUnits;
      left.readUnits -= readUnits;
    }
    return true;
  }

  /** What is left of a second's units; a key that nobody has used for a second has all of them. */
  #leftOf(name: string, { writeUnits, readUnits }: Throughput): Left {
    const now = this.#now();
    const left = this.#left.get(name) ?? { writeUnits, readUnits, at: now };
    const seconds = (now - left.at) / 1000;
    left.writeUnits = Math.min(writeUnits, left.writeUnits + seconds * writeUnits);
    left.readUnits = Math.min(readUnits, left.readUnits + seconds * readUnits);
    left.at = now;
    this.#left.set(name, left);
    return left;
  }
}
