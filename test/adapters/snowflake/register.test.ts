import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ColumnType } from '../../../src/billing/columnType.ts';
import type { StagedFile } from '../../../src/warehouse/warehouse.ts';
import { ALPHA, BETA, PERIOD, publicationOf, rowsOf, SMALL_REPORT } from '../../warehouse/harness.ts';
import { StatementError } from './protocolServer.ts';
import { makeSnowflakeHarness, type SnowflakeHarness } from './snowflakeHarness.ts';
import { OF_SETTLED_FILES } from './snowflakeState.ts';

let harness: SnowflakeHarness;
beforeEach(async () => {
  harness = await makeSnowflakeHarness();
});
afterEach(() => harness.close());

function stage(name: string, columns: readonly ColumnType[] = SMALL_REPORT, partition = ALPHA): Promise<StagedFile> {
  return harness.stage({ partition, name, rows: rowsOf([name]), columns });
}

const added = (...files: StagedFile[]) =>
  `alter external table <externalTable> add files (${files.map(({ stagedKey }) => `'${stagedKey}'`).join(', ')})`;
const LOOKUP = expect.stringMatching(/external_table_files/);

describe('a registration', () => {
  it('is one statement, whatever columns the files have: a column per tag alters nothing', async () => {
    const tags = Array.from({ length: 4000 }, (_, index) => ({ name: `resource_tags_user_t${index}`, type: 'string' }));
    await harness.warehouse.register(ALPHA, [await stage('first')]);
    const file = await stage('a', [...SMALL_REPORT, ...tags]);
    expect(await harness.sent(() => harness.warehouse.register(ALPHA, [file]))).toEqual([added(file)]);
  });

  it('names its files alone, each once: others that lie beside them stay unknown', async () => {
    const [file, stray, other] = [await stage('a'), await stage('stray'), await stage('b', SMALL_REPORT, BETA)];
    await harness.warehouse.register(ALPHA, [file]);
    expect(await harness.sent(() => harness.warehouse.register(ALPHA, [file, file]))).toEqual([added(file)]);
    expect(await harness.warehouse.audit(ALPHA, [file, stray])).toMatchObject([{ rows: 1 }, { rows: 0 }]);
    expect(await harness.warehouse.audit(BETA, [other])).toMatchObject([{ rows: 0 }]);
  });

  it('takes 500 files a statement', async () => {
    const files: StagedFile[] = [];
    for (let index = 0; index < 501; index++) files.push(await stage(`f${index}`));
    await harness.warehouse.register(ALPHA, files.slice(0, 1));
    const texts = await harness.sent(() => harness.warehouse.register(ALPHA, files));
    expect(texts).toEqual([added(...files.slice(0, 500)), added(...files.slice(500))]);
  });

  const RESENT = {
    mentioned: (known: StagedFile, fresh: StagedFile) => [added(known, fresh)],
    failed: (known: StagedFile, fresh: StagedFile) => [added(known, fresh), LOOKUP],
    unmentioned: (known: StagedFile, fresh: StagedFile) => [added(known, fresh), LOOKUP],
    refused: (known: StagedFile, fresh: StagedFile) => [added(known, fresh), LOOKUP, added(fresh)],
  };
  it.each(OF_SETTLED_FILES)('is the same where files that are known already are %s', async (ofSettledFiles) => {
    const [known, fresh] = [await stage('a'), await stage('b')];
    await harness.warehouse.register(ALPHA, [known]);
    harness.state.ofSettledFiles = ofSettledFiles;
    const statuses = harness.warehouse.register(ALPHA, [known, fresh]);
    expect(await harness.sent(() => statuses)).toEqual(RESENT[ofSettledFiles](known, fresh));
    expect(await statuses).toMatchObject([{ status: 'registered' }, { status: 'registered' }]);
    expect(await harness.warehouse.audit(ALPHA, [known, fresh])).toMatchObject([{ rows: 1 }, { rows: 1 }]);
  });

  it('that succeeds with a file that failed gives the reason of that file', async () => {
    const [broken, whole] = [await stage('a'), await stage('b')];
    harness.state.failsToRegister.add(broken.stagedKey);
    expect(await harness.warehouse.register(ALPHA, [broken, whole])).toEqual([
      { stagedKey: broken.stagedKey, status: 'failed', reason: 'REGISTER_FAILED: Error reading the file.' },
      { stagedKey: whole.stagedKey, status: 'registered' },
    ]);
  });

  it('whose statement fails for another reason fails with it', async () => {
    const file = await stage('a');
    harness.state.beforeStatement = async (text) => {
      if (text.includes('add files')) throw new StatementError('003001', 'Insufficient privileges');
    };
    await expect(harness.warehouse.register(ALPHA, [file])).rejects.toThrow('003001');
  });
});

it('a refresh by hand, with more files in the stage, changes nothing that readers see', async () => {
  const file = await stage('a');
  await harness.warehouse.register(ALPHA, [file]);
  await harness.warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [file])]);
  const stray = await stage('b');
  await harness.session.run(
    `alter external table ${harness.names.externalTable} refresh 'year=2026/month=10/payer-111111111111/'`,
  );
  expect(await harness.warehouse.audit(ALPHA, [stray])).toMatchObject([{ rows: 1 }]);
  expect(await harness.visibleRows(ALPHA)).toEqual(['a']);
});

describe('an audit', () => {
  it('shows the rows that a scan has left out without a word, with one statement for the partition', async () => {
    const files = [
      await harness.stage({ partition: ALPHA, name: 'a', rows: rowsOf(['1', '2', '3']) }),
      await harness.stage({ partition: ALPHA, name: 'b', rows: rowsOf(['4']) }),
    ];
    await harness.warehouse.register(ALPHA, files);
    harness.state.rowsLeftOut.set(files[0]?.stagedKey ?? '', 2);
    const audits = harness.warehouse.audit(ALPHA, files);
    expect(await harness.sent(() => audits)).toHaveLength(1);
    expect(await audits).toMatchObject([{ rows: 1 }, { rows: 1 }]);
  });
});

describe('unregistering', () => {
  const unregister = (...files: StagedFile[]) =>
    harness.warehouse.unregister(PERIOD, 1, [
      { payer: ALPHA.payer, stagedKeys: files.map(({ stagedKey }) => stagedKey) },
    ]);
  const removals = (texts: string[]) => texts.filter((text) => text.includes('remove files')).length;

  it('takes 500 files a statement', async () => {
    const files: StagedFile[] = [];
    for (let index = 0; index < 501; index++) files.push(await stage(`f${index}`));
    await harness.warehouse.register(ALPHA, files);
    expect(removals(await harness.sent(() => unregister(...files)))).toBe(2);
    expect(harness.state.tables.registered.size).toBe(0);
  });

  it.each(OF_SETTLED_FILES)('is the same where files that are not known are %s', async (ofSettledFiles) => {
    const [gone, old] = [await stage('gone'), await stage('old')];
    await harness.warehouse.register(ALPHA, [old]);
    harness.state.ofSettledFiles = ofSettledFiles;
    expect(await unregister(gone, old)).toEqual(new Map());
    expect(await unregister(gone, old)).toEqual(new Map());
    expect(harness.state.tables.registered.size).toBe(0);
  });

  it('that fails for a file says why, and may be repeated', async () => {
    const [file, other] = [await stage('a'), await stage('b')];
    await harness.warehouse.register(ALPHA, [file, other]);
    harness.state.failsToUnregister.add(file.stagedKey);
    const reason = 'UNREGISTER_FAILED: Error updating the metadata.';
    expect(await unregister(file, other)).toEqual(new Map([[file.stagedKey, reason]]));
    expect([...harness.state.tables.registered]).toEqual([file.stagedKey]);
    harness.state.failsToUnregister.clear();
    expect(await unregister(file, other)).toEqual(new Map());
    expect(harness.state.tables.registered.size).toBe(0);
  });

  it('lets no newer run in between its look at what is published and its removal', async () => {
    const [old, current] = [await stage('old'), await stage('current')];
    const newer = (await harness.another()).warehouse;
    await harness.warehouse.register(ALPHA, [old, current]);
    await harness.warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [current])]);
    let overtaking: Promise<void> | undefined;
    harness.state.beforeStatement = async (text) => {
      if (!text.includes('remove files') || overtaking) return;
      overtaking = (async () => {
        await newer.raiseFence(PERIOD, 2);
        await newer.register(ALPHA, [old]);
        await newer.publish(PERIOD, 2, [publicationOf(ALPHA, [old])]);
      })();
      while (harness.state.waitingForLock() === 0) await setImmediate();
    };
    await unregister(old);
    await overtaking;
    expect(await harness.visibleRows(ALPHA)).toEqual(['old']);
  });
});
