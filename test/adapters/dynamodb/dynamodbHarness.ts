import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
} from '@aws-sdk/client-dynamodb';
import { intentsKey } from '../../../src/adapters/dynamodb/keys.ts';
import { openDynamodbLedger } from '../../../src/adapters/dynamodb/ledger.ts';
import { createTurns } from '../../../src/base/turns.ts';
import type { Partition } from '../../../src/billing/partition.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { type AwsRequest, type FaultProxy, startFaultProxy } from '../../aws/faultProxy.ts';
import { type MotoServer, startMotoServer } from '../../aws/motoServer.ts';

const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems', 'BatchWriteItem'];

/**
 * moto's server, and a proxy before it that sees every request and can order faults. Requests reach
 * it one at a time: DynamoDB serializes the writes to an item, moto loses some of them when they
 * meet.
 */
export interface DynamodbWorld {
  readonly proxy: FaultProxy;
  /** A ledger that speaks through the proxy, on `table`, or on a new one. */
  ledger(options?: LedgerOptions): Promise<Ledger>;
  createTable(): Promise<string>;
  /** A client that speaks through the proxy. */
  client(options?: DynamoDBClientConfig): DynamoDBClient;
  /** The write requests that the work caused. */
  writesOf(work: () => Promise<unknown>): Promise<AwsRequest[]>;
  /** The size of the item of a partition's intents in bytes, roughly: as JSON. */
  intentsItemBytes(table: string, partition: Partition): Promise<number>;
  close(): Promise<void>;
}

export interface LedgerOptions {
  readonly table?: string;
  readonly foldEvery?: number;
  /** How often the SDK sends a request; 1 means that a lost answer is a crash. */
  readonly maxAttempts?: number;
  /** Past the proxy. */
  readonly direct?: boolean;
  /** Not waiting for its turn: for who reads while another's request is held at the proxy. */
  readonly outOfTurn?: boolean;
  /** Waited for before each request is sent; named like `UpdateItemCommand`. */
  readonly before?: (command: string) => Promise<void>;
}

export async function startDynamodbWorld(): Promise<DynamodbWorld> {
  const moto = await startMotoServer();
  const proxy = await startFaultProxy(moto.endpoint);
  const clients: DynamoDBClient[] = [];
  const inTurn = createTurns();
  const open = (config: DynamoDBClientConfig, outOfTurn = false) => {
    const client = new DynamoDBClient(config);
    clients.push(client);
    if (outOfTurn) return client;
    client.middlewareStack.add((next) => (args) => inTurn(() => next(args)), { step: 'deserialize', priority: 'low' });
    return client;
  };
  const viaProxy = { ...moto.clientConfig, endpoint: proxy.endpoint };
  return {
    proxy,
    client: (options = {}) => open({ ...viaProxy, ...options }),
    createTable: () => createLedgerTable(moto),
    ledger: async ({ table, foldEvery = 16, maxAttempts = 3, direct = false, outOfTurn = false, before } = {}) => {
      const client = open({ ...(direct ? moto.clientConfig : viaProxy), maxAttempts }, outOfTurn);
      client.middlewareStack.add((next, { commandName }) => async (args) => {
        await before?.(commandName ?? '');
        return next(args);
      });
      return openDynamodbLedger(client, table ?? (await createLedgerTable(moto)), { foldEvery });
    },
    writesOf: async (work) => {
      const before = proxy.requests.length;
      await work();
      return proxy.requests.slice(before).filter(isWrite);
    },
    intentsItemBytes: async (TableName, partition) => {
      const { pk, sk } = intentsKey(partition);
      const command = new GetItemCommand({ TableName, Key: { pk: { S: pk }, sk: { S: sk } } });
      return JSON.stringify((await open(moto.clientConfig).send(command)).Item ?? {}).length;
    },
    close: async () => {
      for (const client of clients) client.destroy();
      await proxy.close();
      await moto.close();
    },
  };
}

export function isWrite({ operation }: AwsRequest): boolean {
  return operation !== undefined && WRITES.includes(operation);
}

/** Makes a table as the ledger wants it, under a name of its own. Answers the name. */
export async function createLedgerTable({ clientConfig }: Pick<MotoServer, 'clientConfig'>): Promise<string> {
  const client = new DynamoDBClient(clientConfig);
  const TableName = `ledger-${randomUUID()}`;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
    }),
  );
  client.destroy();
  return TableName;
}
