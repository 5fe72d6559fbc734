import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { openDynamodbLedger } from '../../../src/adapters/dynamodb/ledger.ts';
import { expectFiles, filesOf, stageFiles } from './deliveredFiles.ts';
import { createLedgerTable } from './dynamodbHarness.ts';
import { TableInProcess } from './tableInProcess.ts';

const dynalite = await import('dynalite').catch(() => undefined);
const METERED = ['PutItemCommand', 'UpdateItemCommand', 'GetItemCommand', 'BatchGetItemCommand', 'QueryCommand'];
const WRITES = ['PutItemCommand', 'UpdateItemCommand'];

/** A client that asks for the consumed capacity of each request, and adds it up. */
function meteredClient(config: DynamoDBClientConfig) {
  const units = { write: 0, read: 0 };
  const client = new DynamoDBClient(config);
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        if (METERED.includes(commandName)) Object.assign(args.input, { ReturnConsumedCapacity: 'TOTAL' });
        const result = await next(args);
        const { ConsumedCapacity: consumed } = result.output as { ConsumedCapacity?: Consumed | Consumed[] };
        const sum = [consumed ?? []].flat().reduce((total, { CapacityUnits = 0 }) => total + CapacityUnits, 0);
        units[WRITES.includes(commandName) ? 'write' : 'read'] += sum;
        return result;
      },
    { step: 'initialize' },
  );
  return { client, units };
}

interface Consumed {
  readonly CapacityUnits?: number;
}

describe('what the table in this process charges', () => {
  it('is what Dynalite says that it consumed, in writes', async ({ skip }) => {
    if (!dynalite) return skip('Dynalite is not installed');
    const server = dynalite.default({ createTableMs: 0 }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
    const clientConfig = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials };
    try {
      const { client, units } = meteredClient(clientConfig);
      const table = new TableInProcess();
      const [theirs, ours] = [
        // Without folds: of a list from which several entries are removed, Dynalite 4.0 removes
        // others.
        openDynamodbLedger(client, await createLedgerTable({ clientConfig }), { foldEvery: 1000 }),
        openDynamodbLedger(table.client(), 'ledger', { foldEvery: 1000 }),
      ];
      const files = filesOf(120);
      for (const ledger of [theirs, ours]) {
        await expectFiles(ledger, files);
        for (const file of files.slice(0, 40)) await stageFiles(ledger, [file]);
        for (let from = 40; from < files.length; from += 10) await stageFiles(ledger, files.slice(from, from + 10));
      }
      const charged = table.charged.reduce((sum, { writeUnits }) => sum + writeUnits, 0);
      // Dynalite says nothing of the one write whose condition did not hold.
      expect(charged).toBe(units.write + 1);
      expect(charged).toBeGreaterThan(files.length);
      client.destroy();
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
