import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Partition } from '../../../src/billing/partition.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import { FencedOff, type StagedFile, WarehouseUnavailable } from '../../../src/warehouse/warehouse.ts';
import { ALPHA, PERIOD, publicationOf, rowsOf } from '../../warehouse/harness.ts';
import { StatementError } from './protocolServer.ts';
import { makeSnowflakeHarness, type SnowflakeHarness } from './snowflakeHarness.ts';

let harness: SnowflakeHarness;
beforeEach(async () => {
  harness = await makeSnowflakeHarness();
});
afterEach(() => harness.close());

async function registered(name: string): Promise<StagedFile> {
  const file = await harness.stage({ partition: ALPHA, name, rows: rowsOf([name]) });
  await harness.warehouse.register(ALPHA, [file]);
  return file;
}

function partitions(count: number): Partition[] {
  return Array.from({ length: count }, (_, index) => ({
    payer: parsePayer(String(100_000_000_000 + index)),
    period: PERIOD,
  }));
}

describe('the number of statements', () => {
  it('of a publication does not grow with its partitions', async () => {
    const publish = (count: number) => () =>
      harness.warehouse.publish(
        PERIOD,
        1,
        partitions(count).map((partition) => publicationOf(partition, [fileOf(partition, 'a')])),
      );
    const ofOne = await harness.sent(publish(1));
    expect(ofOne).toHaveLength(10);
    const withoutPayers = (texts: string[]) => texts.map((text) => text.replace(/payer (= |in \()[^)]*\)?/, 'payer'));
    expect(withoutPayers(await harness.sent(publish(1_000)))).toEqual(withoutPayers(ofOne));
    expect(harness.state.tables.currentFiles).toHaveLength(1_000);
  });

  it('that reads what 1,000 partitions show is one', async () => {
    const asked = partitions(1_000);
    await harness.warehouse.publish(
      PERIOD,
      1,
      asked.map((partition) => publicationOf(partition, [])),
    );
    const published = harness.warehouse.published(
      PERIOD,
      asked.map(({ payer }) => payer),
    );
    expect(await harness.sent(() => published)).toHaveLength(1);
    expect((await published).size).toBe(1_000);
  });

  it('of a publication without files or partitions is that of the fence', async () => {
    const texts = await harness.sent(() => harness.warehouse.publish(PERIOD, 1, []));
    expect(texts).toEqual([expect.stringContaining('merge into <fence>'), expect.stringContaining('max(epoch)')]);
  });
});

it('a publication of 12,345 files shows each of them once', async () => {
  const files = Array.from({ length: 12_345 }, (_, index) => fileOf(ALPHA, `f${index}`));
  const texts = await harness.sent(() => harness.warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, files)]));
  expect(texts.filter((text) => text.startsWith('insert into <currentFiles>'))).toHaveLength(3);
  const { stagedKeys } = (await harness.warehouse.published(PERIOD, [ALPHA.payer])).get(ALPHA.payer) ?? {};
  expect(stagedKeys).toEqual(files.map(({ stagedKey }) => stagedKey).sort());
});

it('a publication keeps the rows, the delivery and as of when the bill is', async () => {
  const file = { ...fileOf(ALPHA, 'a'), rows: 7 };
  await harness.warehouse.publish(PERIOD, 3, [
    { partition: ALPHA, files: [file], deliveryId: 'd-1', asOf: 1_790_000_000_000 },
  ]);
  expect(harness.state.tables.currentFiles).toEqual([
    {
      payer: ALPHA.payer,
      year: 2026,
      month: 10,
      stagedKey: file.stagedKey,
      rowCount: 7,
      deliveryId: 'd-1',
      asOf: 1_790_000_000_000,
      epoch: 3,
    },
  ]);
});

it('a publication that fails at any of its statements shows the old set, and done again the new one', async () => {
  const [old, fresh] = [await registered('old'), await registered('fresh')];
  await harness.warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [old])]);
  const publish = (file: StagedFile) => harness.warehouse.publish(PERIOD, 2, [publicationOf(ALPHA, [file])]);
  const count = (await harness.sent(() => publish(old))).length;
  for (let failing = 1; failing <= count; failing++) {
    let seen = 0;
    harness.state.beforeStatement = async () => {
      seen += 1;
      if (seen === failing) throw new StatementError('000604', 'SQL execution canceled');
    };
    await expect(publish(fresh)).rejects.toThrow('000604');
    harness.state.beforeStatement = async () => undefined;
    expect(await harness.visibleRows(ALPHA)).toEqual(['old']);
  }
  await publish(fresh);
  expect(await harness.visibleRows(ALPHA)).toEqual(['fresh']);
});

describe('a commit whose answer was lost', () => {
  let file: StagedFile;
  const publish = () => harness.warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [file])]);
  const loseAnswer = (then: () => void) => {
    harness.state.beforeStatement = async (text) => {
      if (!text.startsWith('insert into <currentFiles>')) return;
      harness.server.order('query', 'lostAnswer');
      then();
    };
  };
  beforeEach(async () => {
    file = await registered('a');
  });

  it('is asked for again in the same session', async () => {
    loseAnswer(() => undefined);
    await publish();
    expect(await harness.visibleRows(ALPHA)).toEqual(['a']);
  });

  it('together with its session may have happened: done again, the publication is the same', async () => {
    loseAnswer(() => harness.server.order('query', { code: '390111' }));
    await expect(publish()).rejects.toThrow(WarehouseUnavailable);
    harness.state.beforeStatement = async () => undefined;
    await publish();
    expect(await harness.visibleRows(ALPHA)).toEqual(['a']);
    expect(harness.state.tables.publications).toHaveLength(1);
  });
});

describe('two runs at the same time', () => {
  it('end with the newer set, at whichever statement of the older the newer one comes in', async () => {
    const [old, fresh] = [await registered('old'), await registered('fresh')];
    const newer = (await harness.another()).warehouse;
    const outcomes = new Set<string>();
    for (let at = 1, isOver = false; !isOver; at++) {
      const period = parsePeriod(`20${String(26 + at)}-10`);
      const partition = { payer: ALPHA.payer, period };
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
      const older = harness.warehouse.publish(period, 1, [publicationOf(partition, [old])]).then(
        () => 'published',
        (error: unknown) => (error instanceof FencedOff ? 'fenced off' : String(error)),
      );
      outcomes.add(await older);
      harness.state.beforeStatement = async () => undefined;
      isOver = overtaking === undefined;
      await overtaking;
      const shown = (await newer.published(period, [ALPHA.payer])).get(ALPHA.payer);
      expect(shown).toEqual({ stagedKeys: [(isOver ? old : fresh).stagedKey], epoch: isOver ? 1 : 2 });
    }
    expect([...outcomes].sort()).toEqual(['fenced off', 'published']);
  });

  it('raise a fence in any order to the same height', async () => {
    const newer = (await harness.another()).warehouse;
    const raised = await Promise.allSettled([harness.warehouse.raiseFence(PERIOD, 1), newer.raiseFence(PERIOD, 2)]);
    expect(raised[1]).toMatchObject({ status: 'fulfilled' });
    await expect(harness.warehouse.publish(PERIOD, 1, [])).rejects.toThrow(FencedOff);
  });

  it('that both found no fence leave two rows of it, of which the highest counts', async () => {
    for (const epoch of [1, 2]) {
      harness.state.tables.fence.push({ period: PERIOD, epoch, scriptRun: null, scriptStatement: null });
    }
    await expect(harness.warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [])])).rejects.toThrow(FencedOff);
    await harness.warehouse.publish(PERIOD, 2, [publicationOf(ALPHA, [])]);
    expect((await harness.warehouse.published(PERIOD, [ALPHA.payer])).size).toBe(1);
  });
});

function fileOf({ payer }: Partition, name: string): StagedFile {
  return { stagedKey: `year=2026/month=10/payer-${payer}/${name}.parquet`, rows: 1, sizeBytes: 1, columns: [] };
}
