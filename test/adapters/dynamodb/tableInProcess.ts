import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { charge, itemBytes } from './capacity.ts';
import { holds, type Item, updated, type Values } from './expressions.ts';

/** What a request asks for, as it goes over the wire: only what the ledger uses of it. */
interface Action {
  readonly Key?: Item;
  readonly Item?: Item;
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Values;
  readonly ReturnValues?: string;
}

interface Request extends Action {
  readonly RequestItems?: Readonly<Record<string, { readonly Keys: readonly Item[] }>>;
  readonly TransactItems?: readonly Step[];
  readonly ExclusiveStartKey?: Item;
  readonly Limit?: number;
}

type Step = Partial<Readonly<Record<'Update' | 'Delete' | 'ConditionCheck' | 'Put', Action>>>;

/** What was charged for one request, under one partition key. */
export interface Charged {
  readonly operation: string;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly readBytes: number;
  readonly pk: string;
}

interface ClientOptions {
  /** How often the SDK sends a request. */
  readonly maxAttempts?: number;
  /** Awaited on a request's way to the table, and on its answer's way back. */
  readonly onTheWay?: () => Promise<void>;
}

/** "Query reads up to 1 MB" (DynamoDB API Reference, Query). */
const PAGE_BYTES = 1024 * 1024;
const ERRORS = 'com.amazonaws.dynamodb.v20120810#';
const THROTTLED = {
  __type: `${ERRORS}ProvisionedThroughputExceededException`,
  message: 'The level of configured provisioned throughput for the table was exceeded.',
};

/**
 * One DynamoDB table in this process, under the SDK's own client: serialization and errors are the
 * real ones. It keeps what the documentation says of conditions, transactions and consumed
 * capacity, and is far faster than a server; moto has the last word on expressions, and Dynalite on
 * what is charged (capacity.test.ts).
 */
export class TableInProcess {
  items = new Map<string, Item>();
  readonly charged: Charged[] = [];
  /** What all answers together were large. */
  answeredBytes = 0;
  /** How many requests came, whatever became of them. */
  requests = 0;
  /** How many of them were refused as a whole. */
  throttledRequests = 0;
  /** Whether what a request costs is to be had: where it is not, the request is throttled. */
  admits: (charge: Charged) => boolean = () => true;
  /** Awaited before a request takes effect, and after it: to order requests, or to fail them. */
  before: (operation: string) => Promise<void> = async () => {};
  after: (operation: string) => Promise<void> = async () => {};

  client({ maxAttempts = 1, onTheWay = async () => {} }: ClientOptions = {}): DynamoDBClient {
    return new DynamoDBClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
      maxAttempts,
      // Nobody checks a signature, and making one takes as long as all else.
      signer: { sign: async (request) => request },
      requestHandler: {
        metadata: { handlerProtocol: 'http/1.1' },
        handle: async ({ headers, body }: { headers: Record<string, string>; body: Uint8Array }) => {
          const operation = headers['x-amz-target']?.split('.')[1] ?? '';
          await this.before(operation);
          await onTheWay();
          this.requests += 1;
          const answer = this.#answer(operation, JSON.parse(new TextDecoder().decode(body)));
          if (answer === THROTTLED) this.throttledRequests += 1;
          await onTheWay();
          await this.after(operation);
          const isError = '__type' in answer;
          const bytes = new TextEncoder().encode(JSON.stringify(answer));
          this.answeredBytes += bytes.length;
          return { response: { statusCode: isError ? 400 : 200, headers: {}, body: bytes } };
        },
      },
    });
  }

  /** Forgets what was charged until now. */
  countAnew(): void {
    this.charged.length = 0;
    this.requests = 0;
    this.throttledRequests = 0;
  }

  largestItemBytes(): number {
    return Math.max(0, ...[...this.items.values()].map(itemBytes));
  }

  #answer(operation: string, request: Request): object {
    switch (operation) {
      case 'GetItem':
        return this.#get(request.Key ?? {});
      case 'BatchGetItem':
        return this.#getBatch(request);
      case 'Query':
        return this.#query(request);
      case 'PutItem':
      case 'UpdateItem':
      case 'DeleteItem':
        return this.#write(operation, request);
      case 'TransactWriteItems':
        return this.#transact(request.TransactItems ?? []);
      default:
        throw new Error(`the table in this process knows no ${operation}`);
    }
  }

  #get(key: Item): object {
    const found = this.items.get(nameOf(key));
    return this.#admitsRead('GetItem', key, [found ?? {}]) ? { Item: found } : THROTTLED;
  }

  /** Each key is read by itself; those that are throttled come back, unless all are. */
  #getBatch({ RequestItems }: Request): object {
    const [[name, { Keys }] = ['', { Keys: [] }]] = Object.entries(RequestItems ?? {});
    const [found, unread]: [Item[], Item[]] = [[], []];
    for (const key of Keys) {
      const item = this.items.get(nameOf(key));
      if (!this.#admitsRead('BatchGetItem', key, [item ?? {}])) unread.push(key);
      else if (item) found.push(item);
    }
    if (unread.length === Keys.length) return THROTTLED;
    const UnprocessedKeys = unread.length > 0 ? { [name]: { Keys: unread } } : {};
    return { Responses: { [name]: found }, UnprocessedKeys };
  }

  #query({ ExpressionAttributeValues: values = {}, ExclusiveStartKey, Limit }: Request): object {
    const [pk, prefix] = [values[':pk']?.S, values[':prefix']?.S ?? ''];
    const after = skOf(ExclusiveStartKey ?? {});
    const rest: Item[] = [];
    for (const item of this.items.values()) {
      if (item.pk?.S === pk && skOf(item).startsWith(prefix) && skOf(item) > after) rest.push(item);
    }
    rest.sort((a, b) => (skOf(a) < skOf(b) ? -1 : 1));
    const page = rest.slice(0, Math.min(Limit ?? rest.length, itemsInPage(rest)));
    if (!this.#admitsRead('Query', { pk: { S: pk ?? '' } }, page)) return THROTTLED;
    const more = page.length < rest.length ? { LastEvaluatedKey: keyOf(page.at(-1)) } : {};
    return { Items: page, ...more };
  }

  /** Items that are read together are charged by the sum of their sizes. */
  #admitsRead(operation: string, { pk }: Item, items: readonly Item[]): boolean {
    const readBytes = items.reduce((sum, item) => sum + itemBytes(item), 0);
    return this.#charge({ operation, writeUnits: 0, readUnits: charge(readBytes, 4096), readBytes, pk: pk?.S ?? '' });
  }

  #charge(charged: Charged): boolean {
    if (!this.admits(charged)) return false;
    this.charged.push(charged);
    return true;
  }

  #write(operation: string, given: Action): object {
    const action = withNames(given);
    const key = action.Key ?? action.Item ?? {};
    const old = this.items.get(nameOf(key));
    const isHeld = holds(action.ConditionExpression, old, action.ExpressionAttributeValues ?? {});
    const next = isHeld ? changed(action, old) : old;
    const costs = { operation, writeUnits: unitsOf(old, next), readUnits: 0, readBytes: 0, pk: key.pk?.S ?? '' };
    if (!this.#charge(costs)) return THROTTLED;
    if (!isHeld) return { __type: `${ERRORS}ConditionalCheckFailedException`, message: 'no', Item: old };
    this.#store(key, next);
    return action.ReturnValues === 'ALL_NEW' ? { Attributes: next } : {};
  }

  #transact(steps: readonly Step[]): object {
    const changes = steps.map((step) => {
      const action = withNames(Object.values(step)[0] ?? {});
      const key = action.Key ?? action.Item ?? {};
      const old = this.items.get(nameOf(key));
      const isHeld = holds(action.ConditionExpression, old, action.ExpressionAttributeValues ?? {});
      return { key, old, isHeld, next: step.ConditionCheck || !isHeld ? old : changed(action, old) };
    });
    const cancelled = (reasons: readonly string[]) => ({
      __type: `${ERRORS}TransactionCanceledException`,
      Message: 'cancelled',
      CancellationReasons: reasons.map((Code) => ({ Code })),
    });
    if (changes.some(({ isHeld }) => !isHeld)) {
      return cancelled(changes.map(({ isHeld }) => (isHeld ? 'None' : 'ConditionalCheckFailed')));
    }
    const isAdmitted = changes.map(({ key, old, next }) => {
      const writeUnits = 2 * unitsOf(old, next);
      const pk = key.pk?.S ?? '';
      return this.#charge({ operation: 'TransactWriteItems', writeUnits, readUnits: 0, readBytes: 0, pk });
    });
    if (isAdmitted.includes(false)) {
      return cancelled(isAdmitted.map((is) => (is ? 'None' : 'ProvisionedThroughputExceeded')));
    }
    for (const { key, next } of changes) this.#store(key, next);
    return {};
  }

  #store(key: Item, next: Item | undefined): void {
    if (next) this.items.set(nameOf(key), next);
    else this.items.delete(nameOf(key));
  }
}

/** An action whose expressions have the names themselves, not what stands for them. */
function withNames(action: Action): Action {
  const { ExpressionAttributeNames: names, UpdateExpression: update, ConditionExpression: condition } = action;
  if (!names) return action;
  const spelled = (text: string) => text.replace(/#\w+/g, (name) => names[name] ?? name);
  return {
    ...action,
    ...(update !== undefined && { UpdateExpression: spelled(update) }),
    ...(condition !== undefined && { ConditionExpression: spelled(condition) }),
  };
}

/** What an action leaves of an item; undefined where it deletes. */
function changed(
  { Key, Item: put, UpdateExpression: update, ExpressionAttributeValues: values = {} }: Action,
  old: Item | undefined,
): Item | undefined {
  if (put) return put;
  return update === undefined ? undefined : updated(update, { ...Key, ...old }, values);
}

function itemsInPage(items: readonly Item[]): number {
  let bytes = 0;
  const first = items.findIndex((item) => {
    bytes += itemBytes(item);
    return bytes > PAGE_BYTES;
  });
  return first < 0 ? items.length : Math.max(1, first);
}

function unitsOf(old: Item | undefined, next: Item | undefined): number {
  return charge(Math.max(itemBytes(old ?? {}), itemBytes(next ?? {})), 1024);
}

function keyOf(item: Item | undefined): Item {
  const { pk, sk } = item ?? {};
  return pk && sk ? { pk, sk } : {};
}

function skOf({ sk }: Item): string {
  return sk?.S ?? '';
}

function nameOf({ pk, sk }: Item): string {
  return `${pk?.S} ${sk?.S}`;
}
