import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import esbuildConfig, { bundle } from '../../esbuild.config.cjs';
import { measureBundles, zipBytesOf } from '../bench/bundles.ts';
import { BundledFunctions, entryOf, FUNCTIONS } from './bundledFunction.ts';

const PAYERS = `
- payer: '111122223333'
  bucket: payer-cur
`;
/** Finalize and reconcile carry Snowflake's driver. */
const MAX_ZIP_BYTES = {
  copy: 220_000,
  manifest: 220_000,
  // With the wastage script and its checks, of which a tenth is left when they are compressed.
  finalize: 590_000,
  reconcile: 550_000,
  sweep: 220_000,
  status: 220_000,
};
const MAX_LOAD_RATIO = 1.3;
const ROUNDS = 11;

let functions: BundledFunctions;

beforeAll(async () => {
  functions = await BundledFunctions.create(PAYERS);
});

afterAll(() => functions?.close());

describe('the functions, bundled', () => {
  it.each(FUNCTIONS)('%s is small enough', async (name) => {
    expect(await zipBytesOf(await functions.path(name))).toBeLessThanOrEqual(MAX_ZIP_BYTES[name]);
  });

  it('load in little more time than the bare clients that they use', async () => {
    // The others have one more client to read: Snowflake's driver, which they load when it is first
    // needed.
    const measured = await measureBundles(functions, ROUNDS);
    for (const { name, loadRatio } of measured.filter((one) => MAX_ZIP_BYTES[one.name] === 220_000)) {
      expect(loadRatio, name).toBeLessThanOrEqual(MAX_LOAD_RATIO);
    }
  });

  it('are the same bytes whenever they are made, and wherever to', async () => {
    const again = join(functions.folder, 'again.cjs');
    await bundle(entryOf('copy'), again, { payersFile: join(functions.folder, 'payers.yml') });
    expect(await readFile(again)).toEqual(await readFile(await functions.path('copy')));
  });

  it('are the same bytes when serverless-esbuild makes them, whatever its own options say', async () => {
    const serverless = { serviceDir: functions.folder, service: { custom: { payersFile: 'payers.yml' } } };
    const outfile = join(functions.folder, 'packaged.cjs');
    const { target, minify } = { target: 'node18', minify: false };
    await build({
      entryPoints: [entryOf('copy')],
      outfile,
      bundle: true,
      target,
      minify,
      plugins: esbuildConfig(serverless),
    });
    expect(await readFile(outfile)).toEqual(await readFile(await functions.path('copy')));
  });
});

describe('a payers file', () => {
  it('that is wrong stops packaging, and every field is named', async () => {
    const bundling = bundleWith(`- payer: 111122223333\n  bucket: s3://payer-cur\n`);
    await expect(bundling).rejects.toThrow(/payers.yml: .*payers\[0\]\.payer.*payers\[0\]\.bucket/);
  });

  it('that is no YAML stops packaging, and the place is named', async () => {
    await expect(bundleWith('- payer: "111122223333\n')).rejects.toThrow(/payers.yml: .*line 2/);
  });

  it('that is not there stops packaging, and the path is named', async () => {
    const missing = join(functions.folder, 'no-such-payers.yml');
    await expect(bundle(entryOf('copy'), join(functions.folder, 'never.cjs'), { payersFile: missing })).rejects.toThrow(
      missing,
    );
  });
});

async function bundleWith(payersYaml: string): Promise<unknown> {
  const other = await BundledFunctions.create(payersYaml);
  try {
    return await other.path('copy');
  } finally {
    await other.close();
  }
}
