import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { charge, itemBytes } from './capacity.ts';
import { holds, type Item, updated, type Values } from './expressions.ts';

/** What a request asks for, as it goes over the wire: only what the ledger uses of it. */
interface Action {
  readonly Key?: Item;
  readonly Item?: Item;
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
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

/** What was charged for one request, and which items it has written. */
export interface Charged {
  readonly operation: string;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly pk: string;
}

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
  /** Awaited before a request takes effect, and after it: to order requests, or to fail them. */
  before: (operation: string) => Promise<void> = async () => {};
  after: (operation: string) => Promise<void> = async () => {};

  client(): DynamoDBClient {
    return new DynamoDBClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
      maxAttempts: 1,
      requestHandler: {
        metadata: { handlerProtocol: 'http/1.1' },
        handle: async ({ headers, body }: { headers: Record<string, string>; body: string }) => {
          const operation = headers['x-amz-target']?.split('.')[1] ?? '';
          await this.before(operation);
          const answer = this.#answer(operation, JSON.parse(body));
          await this.after(operation);
          const isError = '__type' in answer;
          const bytes = new TextEncoder().encode(JSON.stringify(answer));
          this.answeredBytes += bytes.length;
          return { response: { statusCode: isError ? 400 : 200, headers: {}, body: bytes } };
        },
      },
    });
  }

  largestItemBytes(): number {
    return Math.max(0, ...[...this.items.values()].map(itemBytes));
  }

  #answer(operation: string, request: Request): object {
    switch (operation) {
      case 'GetItem':
        return { Item: this.#read(operation, [request.Key ?? {}])[0] };
      case 'BatchGetItem': {
        const [[name, { Keys }] = ['', { Keys: [] }]] = Object.entries(request.RequestItems ?? {});
        return { Responses: { [name]: this.#read(operation, Keys) } };
      }
      case 'Query':
        return this.#query(operation, request);
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

  #query(operation: string, { ExpressionAttributeValues: values = {}, ExclusiveStartKey, Limit }: Request): object {
    const [pk, prefix] = [values[':pk']?.S, values[':prefix']?.S ?? ''];
    const keys = [...this.items.values()].filter((item) => item.pk?.S === pk && skOf(item).startsWith(prefix));
    keys.sort((a, b) => (skOf(a) < skOf(b) ? -1 : 1));
    const after = skOf(ExclusiveStartKey ?? {});
    const rest = keys.filter((item) => skOf(item) > after);
    const page = rest.slice(0, Limit ?? rest.length);
    const more = page.length < rest.length ? { LastEvaluatedKey: keyOf(page.at(-1)) } : {};
    return { Items: this.#read(operation, page), ...more };
  }

  #read(operation: string, keys: readonly Item[]): Item[] {
    const found = keys.map((key) => this.items.get(nameOf(key))).filter((item) => item !== undefined);
    const readUnits =
      operation === 'Query'
        ? charge(
            found.reduce((sum, item) => sum + itemBytes(item), 0),
            4096,
          )
        : keys.reduce((sum, key) => sum + charge(itemBytes(this.items.get(nameOf(key)) ?? {}), 4096), 0);
    this.charged.push({ operation, writeUnits: 0, readUnits, pk: keys[0]?.pk?.S ?? '' });
    return found;
  }

  #write(operation: string, action: Action): object {
    const key = action.Key ?? action.Item ?? {};
    const old = this.items.get(nameOf(key));
    if (!holds(action.ConditionExpression, old, action.ExpressionAttributeValues ?? {})) {
      this.charged.push({
        operation,
        writeUnits: charge(itemBytes(old ?? {}), 1024),
        readUnits: 0,
        pk: key.pk?.S ?? '',
      });
      return { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', message: 'no', Item: old };
    }
    const next = this.#store(action, old);
    this.charged.push({ operation, writeUnits: unitsOf(old, next), readUnits: 0, pk: key.pk?.S ?? '' });
    return action.ReturnValues === 'ALL_NEW' ? { Attributes: next } : {};
  }

  #transact(steps: readonly Step[]): object {
    const actions = steps.map((step) => ({
      action: Object.values(step)[0] ?? {},
      isCheck: step.ConditionCheck !== undefined,
    }));
    const reasons = actions.map(({ action }) =>
      holds(
        action.ConditionExpression,
        this.items.get(nameOf(action.Key ?? {})),
        action.ExpressionAttributeValues ?? {},
      )
        ? { Code: 'None' }
        : { Code: 'ConditionalCheckFailed' },
    );
    if (reasons.some(({ Code }) => Code !== 'None')) {
      const __type = 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException';
      return { __type, Message: 'cancelled', CancellationReasons: reasons };
    }
    for (const { action, isCheck } of actions) {
      const old = this.items.get(nameOf(action.Key ?? {}));
      const next = isCheck ? old : this.#store(action, old);
      const writeUnits = 2 * unitsOf(old, next);
      this.charged.push({ operation: 'TransactWriteItems', writeUnits, readUnits: 0, pk: action.Key?.pk?.S ?? '' });
    }
    return {};
  }

  /** Leaves what the action says; undefined where it deletes. */
  #store(action: Action, old: Item | undefined): Item | undefined {
    const key = action.Key ?? action.Item ?? {};
    const { Item: put, UpdateExpression: update, ExpressionAttributeValues: values = {} } = action;
    if (!put && update === undefined) {
      this.items.delete(nameOf(key));
      return undefined;
    }
    const next = put ?? updated(update ?? '', { ...key, ...old }, values);
    this.items.set(nameOf(key), next);
    return next;
  }
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
