import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Partition } from '../../../src/billing/partition.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import { FencedOff, type StagedFile, WarehouseUnavailable } from '../../../src/warehouse/warehouse.ts';
import { ALPHA, BETA, PERIOD, publicationOf, rowsOf, SMALL_REPORT } from '../../warehouse/harness.ts';
import { StatementError } from './protocolServer.ts';
import { makeSnowflakeHarness, type SnowflakeHarness } from './snowflakeHarness.ts';

let harness: SnowflakeHarness;
beforeEach(async () => {
  harness = await makeSnowflakeHarness('table');
});
afterEach(() => harness.close());

const stage = (name: string, partition: Partition = ALPHA) => harness.stage({ partition, name, rows: rowsOf([name]) });
const publish = (files: readonly StagedFile[], epoch = 1) =>
  harness.warehouse.publish(PERIOD, epoch, [publicationOf(ALPHA, files)]);
const isCopy = (text: string) => text.startsWith('copy into <loadedTable> ');
const isDelete = (text: string) => text.startsWith('delete from <loadedTable> ');
/** Everything that lies in the native table, shown or not. */
const kept = () =>
  harness.state.tables.loadedRows.map(({ values }) => String(values.get('identity_line_item_id'))).sort();

describe('a publish that loads', () => {
  it('leaves nothing in the table but what it shows', async () => {
    const [old, both, fresh] = [await stage('old'), await stage('both'), await stage('fresh')];
    await publish([old, both]);
    await harness.warehouse.publish(PERIOD, 1, [publicationOf(BETA, [await stage('other', BETA)])]);
    await publish([both, fresh]);
    expect(await harness.visibleRows(ALPHA)).toEqual(['both', 'fresh']);
    expect(kept()).toEqual(['both', 'fresh', 'other']);
  });

  it('leaves what readers saw when a file cannot be read any more', async () => {
    await publish([await stage('old')]);
    const [good, broken] = [await stage('good'), await stage('broken')];
    await harness.corrupt(broken);
    await expect(publish([good, broken])).rejects.toThrow('100142');
    await harness.remove(broken);
    await expect(publish([good, broken])).rejects.toThrow('091016');
    expect(await harness.visibleRows(ALPHA)).toEqual(['old']);
    expect(kept()).toEqual(['old']);
  });

  it('leaves what readers saw when a value is not of its column’s type', async () => {
    await publish([await stage('old')]);
    const columns = SMALL_REPORT.map(({ name, type }) => ({ name, type: type === 'double' ? 'string' : type }));
    const rows = rowsOf(['a']).map((row) => ({ ...row, line_item_unblended_cost: 'free' }));
    const free = await harness.stage({ partition: ALPHA, name: 'free', rows, columns });
    await expect(publish([free])).rejects.toThrow("Numeric value 'free' is not recognized");
    expect(kept()).toEqual(['old']);
  });

  it('leaves what readers saw when a file gives other rows than its footer promises, and names it', async () => {
    await publish([await stage('old')]);
    const short = await harness.stage({ partition: ALPHA, name: 'short', rows: rowsOf(['s1', 's2']) });
    harness.state.rowsLeftOut.set(short.stagedKey, 1);
    const message = `${short.stagedKey} has 2 rows by its footer, and 1 were loaded`;
    await expect(publish([await stage('good'), short])).rejects.toThrow(message);
    harness.state.rowsLeftOut.set(short.stagedKey, 2);
    await expect(publish([short])).rejects.toThrow('and 0 were loaded');
    expect(await harness.visibleRows(ALPHA)).toEqual(['old']);
    expect(kept()).toEqual(['old']);
  });

  it('takes an empty file for what it is', async () => {
    const empty = await harness.stage({ partition: ALPHA, name: 'empty', rows: [] });
    await publish([empty]);
    expect((await harness.warehouse.published(PERIOD, [ALPHA.payer])).get(ALPHA.payer)?.stagedKeys).toEqual([
      empty.stagedKey,
    ]);
  });

  it('that fails at any of its statements shows the old set, and done again the new one', async () => {
    const [old, fresh] = [await stage('old'), await stage('fresh')];
    await publish([old]);
    const count = (await harness.sent(() => publish([old]))).length;
    for (let failing = 1; failing <= count; failing++) {
      let seen = 0;
      harness.state.beforeStatement = async () => {
        seen += 1;
        if (seen === failing) throw new StatementError('000604', 'SQL execution canceled');
      };
      await expect(publish([fresh], 2)).rejects.toThrow('000604');
      harness.state.beforeStatement = async () => undefined;
      expect([await harness.visibleRows(ALPHA), kept()]).toEqual([['old'], ['old']]);
    }
    await publish([fresh], 2);
    expect([await harness.visibleRows(ALPHA), kept()]).toEqual([['fresh'], ['fresh']]);
  });

  it('whose commit was not answered, and its session lost, is the same when it is done again', async () => {
    const file = await stage('a');
    harness.state.beforeStatement = async (text) => {
      if (!text.startsWith('insert into <currentFiles>')) return;
      harness.server.order('query', 'lostAnswer');
      harness.server.order('query', { code: '390111' });
    };
    await expect(publish([file])).rejects.toThrow(WarehouseUnavailable);
    harness.state.beforeStatement = async () => undefined;
    await publish([file]);
    expect([await harness.visibleRows(ALPHA), kept()]).toEqual([['a'], ['a']]);
  });
});

describe('the statements of a publish that loads', () => {
  it('are as many for 100 payers as for one, and name these payers alone', async () => {
    const publications = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const partition = { payer: parsePayer(String(100_000_000_000 + index)), period: PERIOD };
        return publicationOf(partition, [await stage('a', partition)]);
      }),
    );
    const ofOne = await harness.sent(() => harness.warehouse.publish(PERIOD, 1, publications.slice(0, 1)));
    const ofAll = await harness.sent(() => harness.warehouse.publish(PERIOD, 1, publications));
    expect(ofAll).toHaveLength(ofOne.length);
    expect(ofOne.filter((text) => text.includes('100000000001'))).toEqual([]);
    expect(ofAll.filter((text) => text.includes('100000000099')).length).toBeGreaterThan(1);
    expect(harness.state.tables.loadedRows).toHaveLength(100);
  });

  it('load up to 1,000 files at once, of which each column has the same type', async () => {
    const usual = await Promise.all(Array.from({ length: 1_001 }, (_, index) => stage(`f${index}`)));
    const columns = SMALL_REPORT.map(({ name, type }) => ({ name, type: type === 'double' ? 'string' : type }));
    const rows = rowsOf(['t']).map((row) => ({ ...row, line_item_unblended_cost: '1' }));
    const texts = await harness.stage({ partition: ALPHA, name: 'texts', rows, columns });
    const sent = await harness.sent(() => publish([...usual, texts, texts]));
    const files = sent.filter(isCopy).map((text) => text.split('.parquet').length - 1);
    expect(files.sort((one, other) => one - other)).toEqual([1, 1, 1_000]);
    expect(kept()).toHaveLength(1_002);
  });

  it('are those of a transaction for each GB, the smallest months first: what is committed stays', async () => {
    const payers = [1, 2, 3, 4].map((index) => parsePayer(String(100_000_000_000 + index)));
    const publications = await Promise.all(
      payers.map(async (payer, index) => {
        const partition = { payer, period: PERIOD };
        const file = await stage('a', partition);
        return publicationOf(partition, [{ ...file, sizeBytes: [3e9, 4e8, 6e8, 5e8][index] ?? 0 }]);
      }),
    );
    harness.state.beforeStatement = async (text) => {
      if (isCopy(text) && text.includes(String(payers[0])))
        throw new StatementError('000604', 'SQL execution canceled');
    };
    const sent = await harness.sent(() =>
      expect(harness.warehouse.publish(PERIOD, 1, publications)).rejects.toThrow('000604'),
    );
    const loaded = sent.filter(isCopy).map((text) => payers.filter((payer) => text.includes(payer)));
    expect(loaded).toEqual([[payers[1], payers[3]], [payers[2]], [payers[0]]]);
    expect((await harness.warehouse.published(PERIOD, payers)).size).toBe(3);
  });

  it('load before the fence is locked, and change what the fence guards after it', async () => {
    const sent = await harness.sent(async () => publish([await stage('a')]));
    const begun = sent.indexOf('begin transaction');
    const places = [isCopy, (text: string) => text.startsWith('update <fence>'), isDelete].map((is) =>
      sent.findIndex(is),
    );
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(begun).toBeGreaterThan(-1);
    expect(places[0]).toBeGreaterThan(begun);
    expect(sent.at(-1)).toBe('commit');
  });
});

describe('publishes at the same time', () => {
  it('do not wait while the files of another are loaded', async () => {
    const [mine, other] = [await stage('mine'), await stage('other', BETA)];
    const another = (await harness.another()).warehouse;
    const loading = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    harness.state.beforeStatement = async (text) => {
      if (!isCopy(text) || !text.includes(mine.stagedKey)) return;
      loading.resolve();
      await released.promise;
    };
    const slow = publish([mine]);
    await loading.promise;
    await another.publish(PERIOD, 1, [publicationOf(BETA, [other])]);
    expect(await harness.visibleRows(BETA)).toEqual(['other']);
    released.resolve();
    await slow;
    expect([await harness.visibleRows(ALPHA), await harness.visibleRows(BETA)]).toEqual([['mine'], ['other']]);
  });

  it('wait for the fence alone, from its lock on', async () => {
    const [mine, other] = [await stage('mine'), await stage('other', BETA)];
    const another = (await harness.another()).warehouse;
    const locked = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    let held = false;
    harness.state.beforeStatement = async (text) => {
      if (!isDelete(text) || held) return;
      held = true;
      locked.resolve();
      await released.promise;
    };
    await harness.warehouse.raiseFence(PERIOD, 1);
    const first = publish([mine]);
    await locked.promise;
    const second = another.publish(PERIOD, 1, [publicationOf(BETA, [other])]);
    while (harness.state.waitingForLock() === 0) await setImmediate();
    expect(harness.state.statements.at(-1)).toMatch(/<fence>/);
    released.resolve();
    await Promise.all([first, second]);
    expect(kept()).toEqual(['mine', 'other']);
  });

  it('end with the newer set, at whichever statement of the older run the newer one comes in', async () => {
    const newer = (await harness.another()).warehouse;
    const outcomes = new Set<string>();
    for (let at = 1, isOver = false; !isOver; at++) {
      const period = parsePeriod(`20${String(26 + at)}-10`);
      const partition = { payer: ALPHA.payer, period };
      const [old, fresh] = [await stage('old', partition), await stage('fresh', partition)];
      let [seen, isDone, overtaking]: [number, boolean, Promise<void> | undefined] = [0, false, undefined];
      harness.state.beforeStatement = async () => {
        seen += 1;
        if (seen !== at) return;
        overtaking = (async () => {
          await newer.raiseFence(period, 2);
          await newer.publish(period, 2, [publicationOf(partition, [fresh])]);
          isDone = true;
        })();
        while (!isDone && harness.state.waitingForLock() === 0) await setImmediate();
      };
      outcomes.add(
        await harness.warehouse.publish(period, 1, [publicationOf(partition, [old])]).then(
          () => 'published',
          (error: unknown) => (error instanceof FencedOff ? 'fenced off' : String(error)),
        ),
      );
      harness.state.beforeStatement = async () => undefined;
      isOver = overtaking === undefined;
      await overtaking;
      expect(await harness.visibleRows(partition)).toEqual([isOver ? 'old' : 'fresh']);
    }
    expect([...outcomes].sort()).toEqual(['fenced off', 'published']);
  });
});
