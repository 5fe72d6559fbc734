import {
  type AttributeValue,
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactionConflictException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import { type Backoff, createBackoff } from '../../base/backoff.ts';
import { slices } from '../../base/slices.ts';
import { LedgerThrottled } from '../../ledger/ledger.ts';

export type Item = Record<string, AttributeValue>;

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/**
 * What to do with one item. `names` and `values` are those of the expressions, `#name` and
 * `:value`.
 */
export interface Expressions {
  readonly update?: string;
  readonly condition?: string;
  readonly names?: Readonly<Record<string, string>> | undefined;
  readonly values?: Item | undefined;
}

/**
 * What became of a conditional write. Where the condition did not hold, `found` is the item that
 * stood against it.
 */
type Written =
  | { readonly done: true; readonly item: Item }
  | { readonly done: false; readonly found: Item | undefined };

export interface TransactionStep extends Expressions {
  readonly key: ItemKey;
  readonly isDeletion?: boolean;
}

/**
 * Which of the items under a `pk` to read: those whose `sk` begins with `prefix`; or so many from
 * one on.
 */
interface Range {
  readonly prefix?: string | undefined;
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** BatchGetItem takes 100 keys; a transaction 100 actions (DynamoDB API Reference). */
const KEYS_PER_BATCH = 100;
export const STEPS_PER_TRANSACTION = 100;
const TRIES = 8;
const BATCHES_AT_A_TIME = 4;

/**
 * One table with the string keys `pk` and `sk`. Every read is strongly consistent; lists are
 * followed to their end.
 *
 * A transaction and a write that meet on one item are both legal, and one of them is refused
 * (DynamoDB Developer Guide, "Transaction conflict handling"). The SDK does not try again then, so
 * it is done here, 8 times in all. What the SDK retries (throttling, lost connections) is left to
 * it, and thrown when its attempts are used up: retry.
 */
export class DynamodbTable {
  readonly #client: DynamoDBClient;
  readonly #name: string;
  readonly #backoff: Backoff;

  constructor(client: DynamoDBClient, name: string, backoff: Backoff = createBackoff()) {
    this.#client = client;
    this.#name = name;
    this.#backoff = backoff;
  }

  async get(key: ItemKey): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: this.#name, Key: attributesOf(key), ConsistentRead: true });
    return (await this.#read(() => this.#client.send(command))).Item;
  }

  /**
   * The items that exist, in any order. Throws an Error when the table repeatedly answers only a
   * part: retry.
   */
  async getAll(keys: readonly ItemKey[]): Promise<Item[]> {
    const batches = slices(keys, KEYS_PER_BATCH);
    return (await pMap(batches, (batch) => this.#getBatch(batch), { concurrency: BATCHES_AT_A_TIME })).flat();
  }

  /** The items under `pk`, all or those of a range, in the order of `sk`. */
  async query(pk: string, { prefix, after, limit = Number.POSITIVE_INFINITY }: Range = {}): Promise<Item[]> {
    const found: Item[] = [];
    let start = after === undefined ? undefined : attributesOf({ pk, sk: after });
    do {
      const command = new QueryCommand({
        TableName: this.#name,
        KeyConditionExpression: prefix === undefined ? 'pk = :pk' : 'pk = :pk and begins_with(sk, :prefix)',
        ExpressionAttributeValues:
          prefix === undefined ? { ':pk': text(pk) } : { ':pk': text(pk), ':prefix': text(prefix) },
        ConsistentRead: true,
        Limit: Number.isFinite(limit) ? limit - found.length : undefined,
        ExclusiveStartKey: start,
      });
      const { Items = [], LastEvaluatedKey } = await this.#read(() => this.#client.send(command));
      for (const item of Items) found.push(item);
      start = LastEvaluatedKey;
    } while (start && found.length < limit);
    return found;
  }

  /** Replaces an item as a whole. */
  async put(key: ItemKey, attributes: Item, only: Omit<Expressions, 'update'> = {}): Promise<Written> {
    const item = { ...attributesOf(key), ...attributes };
    const command = new PutItemCommand({
      TableName: this.#name,
      Item: item,
      ...parametersOf(only),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    return conditionally(async () => {
      await this.#persist(() => this.#client.send(command));
      return item;
    });
  }

  /** Deletes an item; one that is not there is no failure. */
  async delete(key: ItemKey): Promise<void> {
    const command = new DeleteItemCommand({ TableName: this.#name, Key: attributesOf(key) });
    await this.#persist(() => this.#client.send(command));
  }

  /** Changes an item, or makes it. `item` is all of it, as this very write left it. */
  async update(key: ItemKey, expressions: Expressions): Promise<Written> {
    const command = new UpdateItemCommand({
      TableName: this.#name,
      Key: attributesOf(key),
      ...parametersOf(expressions),
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    return conditionally(async () => (await this.#persist(() => this.#client.send(command))).Attributes ?? {});
  }

  /**
   * All steps or none; a step without an update only checks its condition. Answers which steps
   * stood against it, by their index: none when it is done.
   */
  async transact(steps: readonly TransactionStep[]): Promise<readonly number[]> {
    const items = steps.map(({ key, isDeletion, ...expressions }): TransactWriteItem => {
      const action = { TableName: this.#name, Key: attributesOf(key), ...parametersOf(expressions) };
      if (isDeletion) return { Delete: action };
      return expressions.update === undefined
        ? { ConditionCheck: { ...action, ConditionExpression: expressions.condition } }
        : { Update: { ...action, UpdateExpression: expressions.update } };
    });
    const command = new TransactWriteItemsCommand({ TransactItems: items });
    try {
      await this.#persist(() => this.#client.send(command));
      return [];
    } catch (error) {
      const failed = failedSteps(error);
      if (failed.length === 0) throw error;
      return failed;
    }
  }

  async #persist<Output>(send: () => Promise<Output>): Promise<Output> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send();
      } catch (error) {
        if (attempt === TRIES || !isPassing(error)) throw namedIfThrottled(error);
      }
      await this.#backoff(attempt);
    }
  }

  async #read<Output>(send: () => Promise<Output>): Promise<Output> {
    try {
      return await send();
    } catch (error) {
      throw namedIfThrottled(error);
    }
  }

  async #getBatch(keys: readonly ItemKey[]): Promise<Item[]> {
    const found: Item[] = [];
    let asked: Item[] = keys.map(attributesOf);
    for (let attempt = 1; asked.length > 0; attempt += 1) {
      if (attempt > TRIES) {
        throw new LedgerThrottled(`DynamoDB left ${asked.length} of ${keys.length} items unread, ${TRIES} times`);
      }
      if (attempt > 1) await this.#backoff(attempt - 1);
      const command = new BatchGetItemCommand({
        RequestItems: { [this.#name]: { Keys: asked, ConsistentRead: true } },
      });
      const { Responses, UnprocessedKeys } = await this.#read(() => this.#client.send(command));
      found.push(...(Responses?.[this.#name] ?? []));
      asked = UnprocessedKeys?.[this.#name]?.Keys ?? [];
    }
    return found;
  }
}

export function text(value: string): AttributeValue {
  return { S: value };
}

export function number(value: number): AttributeValue {
  return { N: String(value) };
}

/** An item's string. Throws an Error that names the item when there is none. */
export function textOf(item: Item, name: string): string {
  const value = item[name]?.S;
  if (value === undefined) throw new Error(`item ${item.pk?.S} ${item.sk?.S} must have the string ${name}`);
  return value;
}

/** An item's number; undefined when it has none. */
export function numberOf(item: Item | undefined, name: string): number | undefined {
  const value = item?.[name]?.N;
  return value === undefined ? undefined : Number(value);
}

function attributesOf({ pk, sk }: ItemKey): Item {
  return { pk: text(pk), sk: text(sk) };
}

function parametersOf({ update, condition, names, values }: Expressions) {
  return {
    UpdateExpression: update,
    ConditionExpression: condition,
    ExpressionAttributeNames: names && { ...names },
    ExpressionAttributeValues: values,
  };
}

async function conditionally(write: () => Promise<Item>): Promise<Written> {
  try {
    return { done: true, item: await write() };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { done: false, found: error.Item };
  }
}

const PASSING = ['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];

/**
 * Whether the same request may succeed in a moment. A condition that did not hold is an answer, not
 * a conflict.
 */
function isPassing(error: unknown): boolean {
  if (error instanceof TransactionConflictException) return true;
  if (!(error instanceof TransactionCanceledException) || failedSteps(error).length > 0) return false;
  return (error.CancellationReasons ?? []).some(({ Code }) => Code !== undefined && PASSING.includes(Code));
}

const THROTTLED = [
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
];

function namedIfThrottled(error: unknown): unknown {
  const names = error instanceof Error ? [error.name] : [];
  if (error instanceof TransactionCanceledException) {
    for (const { Code } of error.CancellationReasons ?? []) names.push(Code ?? '');
  }
  const found = names.find((name) => THROTTLED.includes(name));
  return found === undefined ? error : new LedgerThrottled(`DynamoDB is throttling: ${found}`, { cause: error });
}

function failedSteps(error: unknown): number[] {
  if (!(error instanceof TransactionCanceledException)) return [];
  return (error.CancellationReasons ?? []).flatMap(({ Code }, index) =>
    Code === 'ConditionalCheckFailed' ? index : [],
  );
}
