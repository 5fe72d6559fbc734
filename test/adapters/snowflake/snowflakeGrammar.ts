import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { findPythonTool } from '../../aws/pythonTools.ts';

/** A node of a parse tree. Leaves have a text, and no children. */
export interface SqlNode {
  readonly kind: string;
  readonly text: string;
  readonly children: readonly SqlNode[];
}

/**
 * The statements of a script, as sqlfluff's grammar of Snowflake reads them. Throws an Error that
 * quotes what it cannot read. It knows each statement's clauses and their order, but no tables and
 * no types.
 */
export async function parseSnowflake(sql: string): Promise<SqlNode[]> {
  const command = await findPythonTool('sqlfluff');
  const options = ['--dialect', 'snowflake', '--templater', 'raw', '--ignore-local-config', '--format', 'json'];
  const child = spawn(command, ['parse', ...options, '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(sql);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const parsed = Output.safeParse(stdout.startsWith('[') ? JSON.parse(stdout) : undefined);
  if (!parsed.success) throw new Error(`sqlfluff answered no parse tree: ${stderr.slice(-2000)}`);
  // Brackets that do not close leave no tree at all.
  if (parsed.data.some(({ segments }) => segments === null)) throw new Error(`no Snowflake SQL: ${sql.slice(0, 200)}`);
  const nodes = parsed.data.flatMap(({ segments }) => nodesOf(segments));
  const broken = nodes.flatMap((node) => find(node, 'unparsable'))[0];
  if (broken) throw new Error(`no Snowflake SQL: ${broken.text}`);
  return nodes.flatMap((node) => find(node, 'statement')).flatMap(({ children }) => children.slice(0, 1));
}

/** All nodes of a kind, at any depth, in the order of the text. */
export function find(node: SqlNode, kind: string): SqlNode[] {
  return node.kind === kind ? [node] : node.children.flatMap((child) => find(child, kind));
}

const Output = z.array(z.object({ segments: z.record(z.string(), z.unknown()).nullable() }));

/** An object is one node's children by their kinds, a list the same where kinds repeat. */
function nodesOf(segments: unknown): SqlNode[] {
  if (Array.isArray(segments)) return segments.flatMap(nodesOf);
  if (typeof segments !== 'object' || segments === null) return [];
  return Object.entries(segments).map(([kind, value]) => {
    const children = nodesOf(value);
    return { kind, children, text: typeof value === 'string' ? value : children.map((child) => child.text).join('') };
  });
}
