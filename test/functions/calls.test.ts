import { afterAll, beforeAll, expect, it } from 'vitest';
import { type MotoServer, startMotoServer } from '../aws/motoServer.ts';
import { measureCalls } from '../bench/calls.ts';
import { BundledFunctions } from './bundledFunction.ts';

const FILES = 100;
/** The manifest: once a delivery. */
const ONCE = 1 / FILES;
/**
 * At most, where every file of a batch is recorded by itself: one before the tick is decided, a
 * tenth of that of its batch, and a sixteenth of two for a fold. As a rule it is half of one.
 */
const LEDGER_READS = 1.5;
/** Beside these: the configuration, the columns that all files have, and four for the manifest. */
const LEDGER_READS_ONCE = 6 * ONCE;

let server: MotoServer;
let functions: BundledFunctions;

beforeAll(async () => {
  const payers = `- payer: '111122223333'\n  bucket: payer-cur\n  prefix: cur\n  bucketOwner: self\n`;
  [server, functions] = await Promise.all([startMotoServer(), BundledFunctions.create(payers)]);
});
afterAll(async () => {
  await functions?.close();
  await server?.close();
});

it(`a delivery of ${FILES} files costs a copy, two reads, three ledger reads for two files, two writes, and hardly a message for each`, async () => {
  const calls = await measureCalls(server, functions, FILES);
  expect(calls.copies).toBe(1);
  expect(calls.reads).toBeLessThanOrEqual(2 + ONCE);
  expect(calls.ledgerWrites).toBeLessThanOrEqual(2);
  expect(calls.ledgerReads).toBeLessThanOrEqual(LEDGER_READS + LEDGER_READS_ONCE);
  expect(calls.sends).toBeLessThanOrEqual(0.1);
  expect(calls.listings).toBeLessThanOrEqual(ONCE);
});
