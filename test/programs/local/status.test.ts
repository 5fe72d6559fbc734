import { mkdir, mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSqliteLedger, type SqliteLedger } from '../../../src/adapters/sqlite/ledger.ts';
import { UsageError } from '../../../src/base/commandLine.ts';
import { HELP } from '../../../src/programs/local/help.ts';
import { parseOptions } from '../../../src/programs/local/options.ts';
import { lockState } from '../../../src/programs/local/stateLock.ts';
import type { StatusReport } from '../../../src/status/statusReport.ts';
import { ALPHA, BETA, deliveryOf, PERIOD, START, versionOf } from '../../ledger/records.ts';
import { type Ended, runReactor } from './reactor.ts';

interface State extends AsyncDisposable {
  readonly keep: string;
  /** As somebody who works on the state has it: open, and locked. */
  readonly ledger: SqliteLedger;
  readonly release: () => void;
}

async function stateAtWork(): Promise<State> {
  const folder = await mkdtempDisposable(path.join(tmpdir(), 'status-test-'));
  const keep = path.join(folder.path, 'state');
  await mkdir(keep);
  const unlock = lockState(keep);
  const ledger = openSqliteLedger(path.join(keep, 'ledger.sqlite'));
  let isHeld = true;
  const release = () => {
    if (!isHeld) return;
    ledger.close();
    unlock();
    isHeld = false;
  };
  const dispose = async () => {
    release();
    await folder.remove();
  };
  return { keep, ledger, release, [Symbol.asyncDispose]: dispose };
}

/** What a run does for Alpha's delivery of one file. */
async function completeAlpha(ledger: SqliteLedger): Promise<void> {
  const file = versionOf();
  await ledger.recordVersion(file, START);
  await ledger.recordDelivery(deliveryOf({ files: [file] }), [], START);
  const lease = await ledger.acquireLease(PERIOD, 'run', START, START + 1);
  const epoch = lease.taken ? lease.epoch : 0;
  const set = { setId: 'set-1', epoch, at: START };
  const published = { ...set, deliveryId: 'delivery-1', files: 1, rows: 1234 };
  await ledger.commit(ALPHA, epoch, { kind: 'published', published });
  await ledger.commit(ALPHA, epoch, { kind: 'analysed', analysed: { ...set, watermark: START } });
  await ledger.commit(ALPHA, epoch, { kind: 'settled', changes: 2, readAt: START });
  await ledger.releaseLease(PERIOD, epoch);
}

/** Beta's delivery lacks one of two files. */
async function waitForBeta(ledger: SqliteLedger): Promise<void> {
  const [there, missing] = [versionOf({ partition: BETA }), versionOf({ partition: BETA, key: 'part-2' })];
  await ledger.recordVersion(there, START);
  await ledger.recordDelivery(deliveryOf({ partition: BETA, files: [there, missing] }), [missing.id], START);
}

const ask = (keep: string, ...more: readonly string[]): Promise<Ended> =>
  runReactor('--status', '--keep', keep, ...more);

describe('npm start -- --status', { concurrent: true }, () => {
  it('ends with status 0 and a table when every month is complete', async ({ expect }) => {
    await using state = await stateAtWork();
    await completeAlpha(state.ledger);
    state.release();
    const { status, stdout, stderr } = await ask(state.keep);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^payer .*\n111111111111 {2}2026-04 {2}complete .* 1,234\n {4}bill .*\n( {4}.*\n)* {4}its newest .*\n( {4}.*\n)*\nas of .*: 1 of 1 payers' months are/,
    );
  });

  it('reads beside a process that works on the state, ends with 3 and says what is missing', async ({ expect }) => {
    await using state = await stateAtWork();
    await completeAlpha(state.ledger);
    await waitForBeta(state.ledger);
    const { status, stdout, stderr } = await ask(state.keep);
    expect([status, stderr]).toEqual([3, '']);
    expect(stdout).toContain('    missing: part-2.parquet (not staged yet)\n');
    await state.ledger.noteTick(PERIOD, START);
    expect((await state.ledger.period(PERIOD)).nextTickAt).toBe(START);
  });

  it('leaves the ledger as it is, byte by byte', async ({ expect }) => {
    await using state = await stateAtWork();
    await waitForBeta(state.ledger);
    state.release();
    const file = path.join(state.keep, 'ledger.sqlite');
    const before = await readFile(file);
    await ask(state.keep);
    expect((await readFile(file)).equals(before)).toBe(true);
  });

  it('narrows to a payer and a month, and says one JSON document with --json', async ({ expect }) => {
    await using state = await stateAtWork();
    await completeAlpha(state.ledger);
    await waitForBeta(state.ledger);
    const of = async (...more: readonly string[]): Promise<[number | null, StatusReport]> => {
      const { status, stdout } = await ask(state.keep, '--json', ...more);
      return [status, JSON.parse(stdout)];
    };
    const [alphaStatus, alpha] = await of('--payer', ALPHA.payer);
    expect([alphaStatus, alpha]).toMatchObject([0, { verdict: 'complete', partitions: [{ payer: ALPHA.payer }] }]);
    const [betaStatus, beta] = await of('--payer', BETA.payer, '--period', PERIOD);
    expect([betaStatus, beta]).toMatchObject([3, { verdict: 'incomplete', partitions: [{ missing: { count: 1 } }] }]);
    const [otherStatus, other] = await of('--period', '2026-03');
    expect([otherStatus, other]).toMatchObject([3, { verdict: 'unknown', partitions: [] }]);
  });

  it('speaks of no run, tick or sweep where no process works on the state, and of the one that does', async ({
    expect,
  }) => {
    await using state = await stateAtWork();
    const file = versionOf();
    await state.ledger.recordVersion(file, START);
    await state.ledger.recordDelivery(deliveryOf({ files: [file] }), [], START);
    // What a process leaves that was killed: a lease for an hour, a tick in a queue that is gone.
    await state.ledger.acquireLease(PERIOD, 'run', Date.now(), Date.now() + 3_600_000);
    await state.ledger.noteTick(PERIOD, Date.now() + 3_600_000);
    const atWork = await ask(state.keep);
    expect(atWork.stdout).toMatch(/run 1 is at work on the month/);
    state.release();
    const { status, stdout } = await ask(state.keep);
    expect([status, stdout.replace(/\n {4}/g, ' ')]).toEqual([
      3,
      expect.stringContaining('npm start takes it up, with the same options but --status'),
    ]);
    expect(stdout).not.toMatch(/\brun \d|tick|sweep|reconcile|lease|held/);
  });

  it('says that there is no state yet, and makes none', async ({ expect }) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), 'status-test-'));
    const keep = path.join(folder.path, 'none');
    const { status, stdout, stderr } = await ask(keep);
    expect([status, stdout, stderr]).toEqual([1, '', expect.stringContaining(`there is no state in ${keep} yet`)]);
    await expect(readFile(path.join(keep, 'ledger.sqlite'))).rejects.toThrow('ENOENT');
  });

  it('does not go with --watch', async ({ expect }) => {
    const { status, stderr } = await runReactor('--status', '--watch');
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^--status .*--watch/)]);
  });
});

describe('the options', () => {
  it('take --payer and --period with --status also for the sample, and --from as ever', () => {
    const parse = (...args: string[]) => parseOptions(args, '/home/someone/project');
    const sample = {
      keep: '/home/someone/project/.local/sample',
      status: true,
      payer: '111122223333',
      period: '2026-04',
    };
    expect(parse('--status', '--payer', '111122223333', '--period', '2026-04')).toMatchObject(sample);
    expect(parse('--status', '--from', 'cur')).toMatchObject({ from: '/home/someone/project/cur', status: true });
    expect(parse()).toMatchObject({ status: undefined });
    expect(() => parse('--payer', '111122223333')).toThrow(UsageError);
  });

  it('are listed by --help', () => {
    expect(HELP).toMatch(/npm start -- --status \[--from DIR\]/);
    expect(HELP).toMatch(/\n {2}--status {11}look at the state/);
  });
});
