import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadScript } from '../script.ts';
import { type Check, parseCheck } from './check.ts';
import { weave } from './weave.ts';

/**
 * The checks of a folder, in the order of their names. Throws CheckErrors, and what reading throws.
 */
export async function readChecks(folder: string): Promise<Check[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(names.map(async (name) => parseCheck({ name, text: await readFile(join(folder, name), 'utf8') })));
}

/**
 * The wastage script of the folder sql, with the checks of its folder `checks`. Throws a
 * CheckError, a ScriptError, and what reading throws.
 */
export async function loadWastageScript(folder: string): Promise<string> {
  const [script, checks] = await Promise.all([
    loadScript(join(folder, 'analytics_wastage_queries.sql')),
    readChecks(join(folder, 'checks')),
  ]);
  return weave(script, checks);
}
