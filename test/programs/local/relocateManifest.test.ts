import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderObjectStore } from '../../../src/adapters/folder/objectStore.ts';
import { classifyKey } from '../../../src/billing/layout.ts';
import { ManifestInvalid, parseManifest } from '../../../src/billing/manifest.ts';
import { relocateManifest, withRelocatedManifests } from '../../../src/programs/local/relocateManifest.ts';
import { exportManifest, legacyManifest, putFiles } from './reports.ts';

/** Where each layout puts a report named `x`, below the export's root. */
const LAYOUTS = [
  { name: 'legacy-overwrite with Athena', data: 'x/year=2026/month=4/', manifest: '20260401-20260501/' },
  { name: 'legacy-overwrite', data: '20260401-20260501/', manifest: '20260401-20260501/' },
  { name: 'legacy-create-new', data: '20260401-20260501/a1/', manifest: '20260401-20260501/a1/' },
  { name: 'legacy-create-new, copy', data: '20260401-20260501/a1/', manifest: '20260401-20260501/' },
  { name: 'cur2-overwrite', data: 'data/BILLING_PERIOD=2026-04/', manifest: 'metadata/BILLING_PERIOD=2026-04/' },
  {
    name: 'cur2-create-new',
    data: 'data/billing_period=2026-04/2026-04-16T15:24:15.653Z-e1/',
    manifest: 'metadata/billing_period=2026-04/2026-04-16T15:24:15.653Z-e1/',
  },
];

/**
 * The folders above a report's own: the prefix and the report's name, or whatever a person copied
 * them to.
 */
const anyRoot = fc
  .array(
    fc.oneof(
      fc.constantFrom('x', 'daily', 'data', 'metadata', '20250101-20250201', 'year=2018', 'a+b %2F', '費用', '..x'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((name) => !name.includes('/')),
    ),
    { maxLength: 4 },
  )
  .map((folders) => folders.map((folder) => `${folder}/`).join(''));
const anyLayout = fc.constantFrom(...LAYOUTS);

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

function manifestOf(layout: (typeof LAYOUTS)[number], root: string, bucket: string): string {
  const keys = [1, 2].map((part) => `${root}${layout.data}x-0000${part}.snappy.parquet`);
  return text(
    layout.name.startsWith('legacy') ? legacyManifest('e1', keys, bucket) : exportManifest('e1', keys, bucket),
  );
}

describe('a relocated manifest', () => {
  it('changes nothing when it already lies where its names say', () => {
    fc.assert(
      fc.property(anyRoot, anyLayout, (above, layout) => {
        const root = `${above}x/`;
        const at = { bucket: 'here', key: `${root}${layout.manifest}x-Manifest.json` };
        const json = manifestOf(layout, root, 'here');
        expect(JSON.parse(relocateManifest(json, at))).toEqual(JSON.parse(json));
      }),
    );
  });

  it('names files beside it, in its own bucket, wherever AWS had written them', () => {
    fc.assert(
      fc.property(anyRoot, anyRoot, anyLayout, (there, here, layout) => {
        const at = { bucket: 'here', key: `${here}x/${layout.manifest}x-Manifest.json` };
        const moved = parseManifest(relocateManifest(manifestOf(layout, `${there}x/`, 'acme'), at), at);
        expect(moved.keys).toEqual([1, 2].map((part) => `${here}x/${layout.data}x-0000${part}.snappy.parquet`));
        for (const key of moved.keys) expect(classifyKey(key)).toMatchObject({ kind: 'data', period: '2026-04' });
      }),
    );
  });

  it("names files beside it when only the report's own folder was copied", () => {
    fc.assert(
      fc.property(anyRoot, anyLayout, (there, layout) => {
        const at = { bucket: 'here', key: `${layout.manifest}x-Manifest.json` };
        const moved = parseManifest(relocateManifest(manifestOf(layout, `${there}x/`, 'acme'), at), at);
        expect(moved.keys).toEqual([1, 2].map((part) => `${layout.data}x-0000${part}.snappy.parquet`));
      }),
    );
  });

  it('names the execution as the folder that it lies in is called, where a copy has replaced its colons', () => {
    const [there, manifest, data] = ['cur/x/', 'x/metadata/BILLING_PERIOD=2026-04/', 'x/data/BILLING_PERIOD=2026-04/'];
    const execution = '2026-04-16T15:24:15.653Z-e1';
    const json = text(exportManifest('e1', [`${there}data/BILLING_PERIOD=2026-04/${execution}/x-1.parquet`]));
    for (const colon of [':', '_', '-', '.', '\uA789', '\uF03A', '%3A', '$&']) {
      const own = execution.replaceAll(':', () => colon);
      const at = { bucket: 'here', key: `${manifest}${own}/x-Manifest.json` };
      const isKnown = colon !== '$&';
      const expected = `s3://here/${data}${isKnown ? own : execution}/x-1.parquet`;
      expect(JSON.parse(relocateManifest(json, at)).dataFiles).toEqual([expected]);
    }
  });

  it('keeps the colons of another execution, and where the manifest lies in none', () => {
    const key = 'x/data/BILLING_PERIOD=2026-04/2026-04-16T15:24:15.653Z-e1/x-1.parquet';
    const json = text(exportManifest('e1', [key]));
    for (const folder of ['', '2026-04-17T15_24_15.653Z-e2/']) {
      const at = { bucket: 'here', key: `x/metadata/BILLING_PERIOD=2026-04/${folder}x-Manifest.json` };
      expect(JSON.parse(relocateManifest(json, at)).dataFiles).toEqual([`s3://here/${key}`]);
    }
  });

  it('keeps every other field', () => {
    const at = { bucket: 'here', key: 'x/20260401-20260501/x-Manifest.json' };
    const json = JSON.stringify({
      ...JSON.parse(text(legacyManifest('a1', ['y/20260401-20260501/x-1.parquet']))),
      z: [1],
    });
    expect(JSON.parse(relocateManifest(json, at))).toMatchObject({ assemblyId: 'a1', z: [1], bucket: 'here' });
  });

  it('is left as it is when it is none, so that parsing it says why', () => {
    const at = { bucket: 'here', key: 'x/20260401-20260501/x-Manifest.json' };
    fc.assert(
      fc.property(
        fc.oneof(fc.json(), fc.string(), fc.constantFrom('{"dataFiles":[1]}', '{"reportKeys":"x"}', '')),
        (json) => {
          expect(relocateManifest(json, at)).toBe(json);
          expect(() => parseManifest(relocateManifest(json, at), at)).toThrow(ManifestInvalid);
        },
      ),
    );
  });
});

describe('a store with relocated manifests', () => {
  const key = 'metadata/BILLING_PERIOD=2026-04/x-Manifest.json';
  const json = text(exportManifest('e1', ['there/x/data/BILLING_PERIOD=2026-04/x-00001.snappy.parquet']));
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
  let store: FolderObjectStore;
  beforeAll(async () => {
    folder = await mkdtempDisposable(path.join(tmpdir(), 'relocated-'));
    await putFiles(folder.path, { [key]: json, 'x.parquet': json });
    store = new FolderObjectStore(new Map([['b', folder.path]]));
  });
  afterAll(() => folder.remove());

  it('reads data files as they are, range by range', async () => {
    const range = { start: 2, end: 5 };
    const read = await withRelocatedManifests(store).read({ bucket: 'b', key: 'x.parquet' }, range);
    expect(read).toEqual(await store.read({ bucket: 'b', key: 'x.parquet' }, range));
  });

  it('answers a range of the manifest as it reads here, under the etag and the time of the file', async () => {
    const at = { bucket: 'b', key };
    const { etag, lastModified } = await store.read(at, { start: 0 });
    const relocated = Buffer.from(relocateManifest(json, at));
    const read = await withRelocatedManifests(store).read({ ...at, etag }, { start: 0, end: 20 });
    expect(read).toMatchObject({ etag, lastModified, sizeBytes: relocated.length });
    expect(Buffer.from(read.bytes)).toEqual(relocated.subarray(0, 20));
  });

  it('lists and copies what the store holds', async () => {
    const wrapped = withRelocatedManifests(store);
    const keys: string[] = [];
    for await (const page of wrapped.list('b', 'x')) {
      keys.push(...page.map((object) => object.key));
      for (const object of page) await wrapped.copy({ bucket: 'b', ...object }, { bucket: 'b', key: 'copy.parquet' });
    }
    expect(keys).toEqual(['x.parquet']);
    expect(text((await store.read({ bucket: 'b', key: 'copy.parquet' }, { start: 0 })).bytes)).toBe(json);
    await wrapped.delete({ bucket: 'b', key: 'copy.parquet' });
    expect(await store.head({ bucket: 'b', key: 'copy.parquet' })).toBeUndefined();
  });
});
