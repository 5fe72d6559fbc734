import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DuckdbWarehouse, openDuckdbWarehouse } from '../../src/adapters/duckdb/warehouse.ts';
import type { Partition } from '../../src/billing/partition.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { monthOf, parsePeriod } from '../../src/billing/period.ts';
import { inspectObject } from '../../src/copy/parquetFooter.ts';
import type { ObjectStore } from '../../src/store/objectStore.ts';
import { lineItemColumns } from '../../src/warehouse/lineItems.ts';
import type { StagedFile } from '../../src/warehouse/warehouse.ts';

const REAL_DATA = path.resolve(import.meta.dirname, '../../../shared/cur');
const isThere = existsSync(REAL_DATA);

const WORKSHOP = parsePayer('836060457634');
const SAAS = parsePayer('111111111111');
const EXAMPLE = parsePayer('222222222222');

/**
 * Each month as the folder's README counts it. Where it states no cost, the cost is not checked.
 */
const MONTHS = [
  { payer: WORKSHOP, period: '2018-10', folder: 'legacy-2018', name: /2018-10/, rows: 119_307, cost: 4064.4831 },
  { payer: WORKSHOP, period: '2018-11', folder: 'legacy-2018', name: /2018-11/, rows: 124_340, cost: 3505.327 },
  { payer: SAAS, period: '2022-10', folder: 'legacy-2022-10', name: /./, rows: 14_218 },
  { payer: EXAMPLE, period: '2026-04', folder: 'cur2-2026-04', name: /./, rows: 1882 },
].map((month) => ({ ...month, partition: { payer: month.payer, period: parsePeriod(month.period) } }));

describe.skipIf(!isThere)(`real reports${isThere ? '' : ' (skipped: the folder ../shared/cur is not there)'}`, () => {
  let warehouse: DuckdbWarehouse;
  let folder: string;
  let reader: DuckDBConnection;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'real-data-'));
    const database = path.join(folder, 'warehouse.duckdb');
    warehouse = await openDuckdbWarehouse({ path: database, stagingRoot: REAL_DATA, analyticsStatements: () => [] });
    reader = await (await DuckDBInstance.fromCache(database)).connect();
  });
  afterAll(async () => {
    reader.closeSync();
    await warehouse.close();
    await rm(folder, { recursive: true });
  });

  it.each(MONTHS)(
    '$folder $period: the warehouse reads what the footers promise, all of its own month',
    async (month) => {
      const files = await filesOf(month.folder, month.name);
      expect(await warehouse.register(month.partition, files)).toEqual(
        files.map(({ stagedKey }) => ({ stagedKey, status: 'registered' })),
      );
      const audits = await warehouse.audit(month.partition, files);
      expect(audits).toMatchObject(
        files.map(({ stagedKey, rows }) => ({
          stagedKey,
          rows,
          rowsOfOtherPeriods: 0,
          rowsWithCost: rows,
          rowsOfImpossibleCost: 0,
        })),
      );
      expect(audits.reduce((sum, { rows }) => sum + rows, 0)).toBe(month.rows);
      await publish(month.partition, files);
    },
  );

  it('published together they are seen through one view, each with its own rows and cost', async () => {
    const seen = await warehouse.summary();
    expect(seen.map(({ payer, period, rows, currency }) => ({ payer, period, rows, currency }))).toEqual(
      MONTHS.map(({ payer, period, rows }) => ({ payer, period, rows, currency: 'USD' })),
    );
    for (const [index, { cost }] of MONTHS.entries()) {
      if (cost !== undefined) expect(seen[index]?.cost).toBeCloseTo(cost, 4);
    }
  });

  it.each(MONTHS)('$folder $period: the view has as many values of each column as the files', async (month) => {
    const files = await filesOf(month.folder, month.name);
    const paths = files.map(({ stagedKey }) => `'${path.join(REAL_DATA, stagedKey)}'`);
    const named = new Set(files.flatMap(({ columns }) => columns.map(({ name }) => name)));
    const values = lineItemColumns.flatMap(({ name, type, sources }) => {
      const inFiles = sources.flatMap((source) => {
        if (type === 'MAP' || source.from === 'columns' || !named.has(source.column)) return [];
        return source.from === 'map' ? `${source.column}['${source.key}']` : source.column;
      });
      return inFiles.length > 0 ? [{ name, inFiles }] : [];
    });
    const filled = (sources: string[]) => sources.map((source) => `coalesce(cast(${source} as VARCHAR), '') <> ''`);
    const count = async (from: string, columns: string[][]) => {
      const counts = columns.map((sources) => `count(*) filter (${filled(sources).join(' or ')})`);
      return (await reader.runAndReadAll(`select ${counts.join(', ')} from ${from}`)).getRowsJson();
    };
    expect(values.length).toBeGreaterThan(60);
    expect(
      await count(
        `(from cur_line_items where payer = '${month.payer}' and month = ${monthOf(month.partition.period)})`,
        values.map(({ name }) => [name]),
      ),
    ).toEqual(
      await count(
        `read_parquet([${paths}], union_by_name = true)`,
        values.map(({ inFiles }) => inFiles),
      ),
    );
  });

  it('show tags as text, where the files have columns of them and where they have a map', async () => {
    const { rows, tagged } = (
      await reader.runAndReadAll(
        `select count(*)::int as rows, count(resource_tags_json)::int as tagged from cur_line_items
         where payer = '${EXAMPLE}'`,
      )
    ).getRowObjectsJS()[0] as { rows: number; tagged: number };
    expect([rows, tagged]).toEqual([1882, 460]);
    const [environments] = (
      await reader.runAndReadAll(
        `select count(*) filter (resource_tags['user_environment'] <> '')::int,
           count(*) filter (resource_tags_json like '%"user_environment":"%')::int
         from cur_line_items where payer = '${WORKSHOP}'`,
      )
    ).getRowsJS();
    expect(environments?.[0]).toBeGreaterThan(0);
    expect(environments?.[1]).toBe(environments?.[0]);
  });

  function publish(partition: Partition, files: readonly StagedFile[]): Promise<void> {
    return warehouse.publish(partition.period, 1, [{ partition, files, asOf: 0 }]);
  }
});

async function filesOf(folder: string, name: RegExp): Promise<StagedFile[]> {
  const names = await readdir(path.join(REAL_DATA, folder));
  const keys = names.filter((each) => each.endsWith('.parquet') && name.test(each)).map((each) => `${folder}/${each}`);
  return Promise.all(
    keys.sort().map(async (key) => {
      const { content, sizeBytes } = await inspectObject(filesBelow(REAL_DATA), { bucket: 'real', key });
      if (content.is !== 'parquet') throw new Error(`${key} is ${content.is}`);
      return { stagedKey: key, sizeBytes, rows: content.footer.rows, columns: content.footer.columns };
    }),
  );
}

/** As much of an object store as reading a footer needs. */
function filesBelow(root: string): ObjectStore {
  const unused = () => {
    throw new Error('reading a footer only reads');
  };
  return {
    read: async ({ key }, { start, end }) => {
      await using file = await open(path.join(root, key));
      const { size, mtimeMs } = await file.stat();
      const from = start < 0 ? Math.max(0, size + start) : start;
      const bytes = new Uint8Array((end ?? size) - from);
      await file.read(bytes, 0, bytes.length, from);
      return { bytes, sizeBytes: size, etag: key, lastModified: mtimeMs };
    },
    copy: unused,
    list: unused,
    listFolder: unused,
    delete: unused,
  };
}
