import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StagedFile } from '../../../src/warehouse/warehouse.ts';
import { ALPHA, PERIOD, publicationOf, rowsOf, SMALL_REPORT } from '../../warehouse/harness.ts';
import { StatementError } from './protocolServer.ts';
import { makeSnowflakeHarness, type SnowflakeHarness } from './snowflakeHarness.ts';

let harness: SnowflakeHarness;
beforeEach(async () => {
  harness = await makeSnowflakeHarness('table');
});
afterEach(() => harness.close());

const stage = (name: string, rows = rowsOf([name])) => harness.stage({ partition: ALPHA, name, rows });
const staged = (names: readonly string[]) => Promise.all(names.map((name) => stage(name)));

describe('files of the stage', () => {
  it('are found by one listing of the partition, which says why one of them cannot be loaded', async () => {
    const [whole, gone, cut] = await staged(['whole', 'gone', 'cut']);
    if (!whole || !gone || !cut) throw new Error('staged three files');
    await harness.remove(gone);
    await harness.corrupt(cut);
    const sent = await harness.sent(async () => {
      expect(await harness.warehouse.register(ALPHA, [whole, gone, cut])).toEqual([
        { stagedKey: whole.stagedKey, status: 'registered' },
        { stagedKey: gone.stagedKey, status: 'failed', reason: 'there is no such file in the stage' },
        { stagedKey: cut.stagedKey, status: 'failed', reason: 'it has 500 bytes in the stage, and its source 1001' },
      ]);
    });
    expect(sent).toEqual([`list @<stage>/year=2026/month=10/payer-${ALPHA.payer}/`]);
  });

  it('are forgotten by nothing but the check, under the fence, that none is published', async () => {
    const [old, current] = await staged(['old', 'current']);
    if (!old || !current) throw new Error('staged two files');
    await harness.warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [current])]);
    const stagedKeys = [old.stagedKey, current.stagedKey];
    const sent = await harness.sent(async () => {
      const refused = await harness.warehouse.unregister(PERIOD, 1, [{ payer: ALPHA.payer, stagedKeys }]);
      expect(refused).toEqual(new Map([[current.stagedKey, 'it is published']]));
    });
    expect(sent.map((text) => text.split(' ', 2).join(' '))).toEqual([
      'begin transaction',
      'update <fence>',
      'select max(epoch)',
      'select staged_key',
      'commit',
    ]);
  });
});

describe('an audit in the stage', () => {
  it('counts these files alone, whatever else lies there with a name like theirs', async () => {
    const [file] = await staged(['a.b', 'axb', 'xa.b', 'a.b.parquet', 'a']);
    expect(
      await harness.warehouse.audit(
        ALPHA,
        [file].flatMap((each) => each ?? []),
      ),
    ).toMatchObject([{ rows: 1 }]);
    const [, again] = await staged(['axb', '-(a|b)$[^.*']);
    expect(
      await harness.warehouse.audit(
        ALPHA,
        [again].flatMap((each) => each ?? []),
      ),
    ).toMatchObject([{ rows: 1 }]);
  });

  it('names the one file that cannot be read, by what Snowflake says of it, and counts the others', async () => {
    const files = await staged(Array.from({ length: 9 }, (_, index) => `f${index}`));
    const [, , , , broken] = files;
    if (!broken) throw new Error('staged nine files');
    await harness.corrupt(broken);
    const audits = await harness.warehouse.audit(ALPHA, files);
    expect(audits.map(({ rows }) => rows)).toEqual([1, 1, 1, 1, 0, 1, 1, 1, 1]);
    expect(audits.flatMap(({ reason }) => reason ?? [])).toEqual([
      `Snowflake: 100142: Error parsing the Parquet file ${broken.stagedKey}`,
    ]);
  });

  it('fails with what is not about a file: nobody is blamed for it', async () => {
    const files = await staged(['a', 'b']);
    harness.state.beforeStatement = async () => {
      throw new StatementError('003001', 'Insufficient privileges');
    };
    const sent = await harness.sent(() => expect(harness.warehouse.audit(ALPHA, files)).rejects.toThrow('003001'));
    expect(sent).toHaveLength(1);
  });

  it('is one statement for files alike, however many, up to 200 of them', async () => {
    const files = await staged(Array.from({ length: 401 }, (_, index) => `f${index}`));
    const other: StagedFile = await harness.stage({
      partition: ALPHA,
      name: 'other',
      rows: [{ ...rowsOf(['o'])[0], line_item_unblended_cost: '0.5' }],
      columns: SMALL_REPORT.map(({ name, type }) => ({ name, type: type === 'double' ? 'string' : type })),
    });
    const sent = await harness.sent(async () => {
      const audits = await harness.warehouse.audit(ALPHA, [...files, other]);
      expect(audits.map(({ stagedKey }) => stagedKey)).toEqual([...files, other].map(({ stagedKey }) => stagedKey));
      expect(audits.every(({ rows, rowsWithCost }) => rows === 1 && rowsWithCost === 1)).toBe(true);
    });
    expect(sent).toHaveLength(4);
  });
});
