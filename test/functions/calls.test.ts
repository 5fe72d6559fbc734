import { afterAll, beforeAll, expect, it } from 'vitest';
import { type MotoServer, startMotoServer } from '../aws/motoServer.ts';
import { measureCalls } from '../bench/calls.ts';
import { BundledFunctions } from './bundledFunction.ts';

const FILES = 100;
/** The manifest: once a delivery. */
const ONCE = 1 / FILES;
/**
 * Beside two for each file: the configuration, the columns that all files have, and four for the
 * manifest.
 */
const LEDGER_READS_ONCE = 6 * ONCE;

let server: MotoServer;
let functions: BundledFunctions;

beforeAll(async () => {
  const payers = `- payer: '111122223333'\n  bucket: payer-cur\n  prefix: cur\n`;
  [server, functions] = await Promise.all([startMotoServer(), BundledFunctions.create(payers)]);
});
afterAll(async () => {
  await functions?.close();
  await server?.close();
});

it(`a delivery of ${FILES} files costs a copy, two reads, two ledger reads and writes, and hardly a message for each`, async () => {
  const calls = await measureCalls(server, functions, FILES);
  expect(calls.copies).toBe(1);
  expect(calls.reads).toBeLessThanOrEqual(2 + ONCE);
  expect(calls.ledgerWrites).toBeLessThanOrEqual(2);
  expect(calls.ledgerReads).toBeLessThanOrEqual(2 + LEDGER_READS_ONCE);
  expect(calls.sends).toBeLessThanOrEqual(0.1);
  expect(calls.listings).toBeLessThanOrEqual(ONCE);
});
