import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { findPythonTool } from '../aws/pythonTools.ts';

const PROGRAM = fileURLToPath(new URL('fakesnowRun.py', import.meta.url));

export type Rows = readonly Readonly<Record<string, unknown>>[];

/**
 * The rows of queries, by their names, on fakesnow after some statements. Throws an Error with what
 * it said.
 */
export async function runOnFakesnow(
  statements: readonly string[],
  queries: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Rows>> {
  const child = spawn(await findPythonTool('fakesnow'), [PROGRAM], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(JSON.stringify({ statements, queries: Object.fromEntries(queries) }));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (!stdout.startsWith('{')) throw new Error(`fakesnow failed: ${stderr.slice(-6000)}`);
  const answers = z.record(z.string(), z.array(z.record(z.string(), z.unknown()))).parse(JSON.parse(stdout));
  return new Map(Object.entries(answers));
}
