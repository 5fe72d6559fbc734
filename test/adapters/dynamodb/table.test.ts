import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DynamodbTable, number, numberOf, text } from '../../../src/adapters/dynamodb/table.ts';
import { dynamodbError, type Fault } from '../../aws/faultProxy.ts';
import { type DynamodbWorld, startDynamodbWorld } from './dynamodbHarness.ts';

const KEY = { pk: 'p', sk: 's' };

let world: DynamodbWorld;
beforeAll(async () => {
  world = await startDynamodbWorld();
});
afterAll(() => world.close());

let table: DynamodbTable;
let waits: number[];
beforeEach(async () => {
  waits = [];
  table = new DynamodbTable(world.client(), await world.createTable(), async (attempt) => {
    waits.push(attempt);
  });
});
afterEach(() => {
  world.proxy.decide = () => undefined;
});

/** Answers that fault, that often, to requests of that operation. */
function answer(operation: string, fault: Fault, times = Number.POSITIVE_INFINITY): void {
  let left = times;
  world.proxy.decide = (request) => {
    if (request.operation !== operation || left === 0) return undefined;
    left -= 1;
    return fault;
  };
}

function cancelledFor(...codes: string[]): Fault {
  const __type = 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException';
  const body = JSON.stringify({ __type, Message: 'cancelled', CancellationReasons: codes.map((Code) => ({ Code })) });
  return { status: 400, headers: { 'content-type': 'application/x-amz-json-1.0' }, body };
}

const count = () => table.update(KEY, { update: 'add times :one', values: { ':one': number(1) } });
const countIn = async () => numberOf(await table.get(KEY), 'times');

describe('a write', () => {
  it('whose condition does not hold changes nothing and answers what stood against it', async () => {
    await count();
    const only = { condition: 'times = :two', values: { ':two': number(2) } };
    const expected = { done: false, found: { pk: text('p'), sk: text('s'), times: number(1) } };
    expect(await table.update(KEY, { update: 'set other = :two', ...only })).toEqual(expected);
    expect(await table.put(KEY, {}, only)).toEqual(expected);
    const nobody = { pk: 'nobody', sk: 's' };
    expect(await table.put(nobody, {}, { condition: 'attribute_exists(pk)' })).toEqual({ done: false });
    expect(await countIn()).toBe(1);
  });

  it('that meets a transaction is sent again, waiting longer each time, and takes effect once', async () => {
    answer('UpdateItem', dynamodbError('TransactionConflictException'), 3);
    expect((await count()).done).toBe(true);
    expect([waits, await countIn()]).toEqual([[1, 2, 3], 1]);
  });

  it('that meets one transaction after the other is given up, and nothing was changed', async () => {
    answer('UpdateItem', dynamodbError('TransactionConflictException'));
    await expect(count()).rejects.toThrow('TransactionConflictException');
    expect([waits.length, await countIn()]).toEqual([7, undefined]);
  });

  it('that is no valid request is thrown at once', async () => {
    await expect(table.update(KEY, { update: 'set' })).rejects.toThrow();
    expect(waits).toEqual([]);
  });
});

describe('a transaction', () => {
  const step = (sk: string, condition: string) => ({
    key: { pk: 'p', sk },
    update: 'set isDone = :yes',
    condition,
    values: { ':yes': text('yes') },
  });
  const check = { key: KEY, condition: 'attribute_exists(pk)' };

  it('does all of its steps, or none and answers which ones stood against it', async () => {
    const steps = [check, step('a', 'attribute_not_exists(pk)')];
    expect(await table.transact(steps)).toEqual([0]);
    expect(await table.query('p', { prefix: 'a' })).toEqual([]);
    await count();
    expect(await table.transact(steps)).toEqual([]);
    expect(await table.transact(steps)).toEqual([1]);
    expect((await table.get({ pk: 'p', sk: 'a' }))?.isDone).toEqual(text('yes'));
  });

  it.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])(
    'that is cancelled for %s is sent again, and given up when that does not end',
    async (code) => {
      await count();
      answer('TransactWriteItems', cancelledFor('None', code), 2);
      expect(await table.transact([check, step('a', 'attribute_not_exists(pk)')])).toEqual([]);
      expect(waits).toEqual([1, 2]);
      answer('TransactWriteItems', cancelledFor('None', code));
      const said = code === 'TransactionConflict' ? 'cancelled' : `DynamoDB is throttling: ${code}`;
      await expect(table.transact([check])).rejects.toThrow(said);
    },
  );

  it('whose condition does not hold is not sent again, even when it met another transaction too', async () => {
    answer('TransactWriteItems', cancelledFor('ConditionalCheckFailed', 'TransactionConflict'));
    expect(await table.transact([check, step('a', 'attribute_not_exists(pk)')])).toEqual([0]);
    expect(waits).toEqual([]);
  });

  it('that is cancelled for anything else is thrown at once', async () => {
    answer('TransactWriteItems', cancelledFor('ValidationError'));
    await expect(table.transact([check])).rejects.toThrow('cancelled');
    expect(waits).toEqual([]);
  });
});

describe('many items', () => {
  const keys = Array.from({ length: 230 }, (_, index) => ({ pk: 'p', sk: `item-${String(index).padStart(3, '0')}` }));

  it('are read in as many requests as it takes; those that do not exist are left out', async () => {
    for (const key of keys.slice(0, 220)) await table.put(key, {});
    const before = world.proxy.requests.length;
    expect((await table.getAll(keys)).map((item) => item.sk?.S).sort()).toEqual(keys.slice(0, 220).map(({ sk }) => sk));
    expect(world.proxy.requests.slice(before)).toHaveLength(3);
    expect(await table.getAll([])).toEqual([]);
  });

  it('that were left unread are asked for again', async () => {
    for (const key of keys.slice(0, 2)) await table.put(key, {});
    const isAnswered = answerHalf();
    expect(await table.getAll(keys.slice(0, 2))).toHaveLength(2);
    expect([isAnswered(), waits]).toEqual([true, [1]]);
  });

  it('that stay unread are an error that says how many', async () => {
    world.proxy.decide = ({ operation, body }) => {
      if (operation !== 'BatchGetItem') return undefined;
      const unread = (JSON.parse(body) as { RequestItems: object }).RequestItems;
      return json({ Responses: {}, UnprocessedKeys: unread });
    };
    await expect(table.getAll(keys.slice(0, 2))).rejects.toThrow('2 of 2 items unread');
    expect(waits).toHaveLength(7);
  });

  /** Lets the first request read one key only, as DynamoDB may. */
  function answerHalf(): () => boolean {
    let isAnswered = false;
    world.proxy.decide = ({ operation, body }) => {
      if (operation !== 'BatchGetItem' || isAnswered) return undefined;
      isAnswered = true;
      const { RequestItems } = JSON.parse(body) as { RequestItems: Record<string, { Keys: object[] }> };
      const [[name, asked] = ['', { Keys: [] }]] = Object.entries(RequestItems);
      const [first, ...others] = asked.Keys;
      return json({ Responses: { [name]: [first] }, UnprocessedKeys: { [name]: { ...asked, Keys: others } } });
    };
    return () => isAnswered;
  }
});

function json(body: object): Fault {
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(body) };
}
