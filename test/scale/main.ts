import { readOptions, UsageError } from '../../src/base/commandLine.ts';
import { isHeld, type Line, scaleTable } from './lines.ts';
import { PARTS } from './parts.ts';

const HELP = `Runs the reactor's own code at the size of its largest users, in virtual time and under AWS's documented limits, and
prints what that costs beside its bounds. Exits with 1 when one of them is not held.

npm run scale -- [--only NAME] [--seed SEED] [--json]

  --only NAME   one part alone: ${Object.keys(PARTS).join(', ')}
  --seed SEED   of all chance: latencies, and the order of messages (default 1)
  --json        the lines as JSON
`;

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\nnpm run scale -- --help says how\n`);
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const { help, json, only, seed } = readOptions(process.argv.slice(2), {
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  });
  if (help) return void process.stdout.write(HELP);
  const lines = await linesOf(namesOf(only), seed);
  const beyond = lines.filter((line) => isHeld(line) === false);
  const judged = lines.map((line) => ({ ...line, isHeld: isHeld(line) }));
  process.stdout.write(`${json ? JSON.stringify(judged, undefined, 2) : scaleTable(lines)}\n`);
  process.exitCode = beyond.length > 0 ? 1 : 0;
}

function namesOf(only: string | undefined): readonly string[] {
  if (only === undefined) return Object.keys(PARTS);
  if (only in PARTS) return [only];
  throw new UsageError(`--only must be one of ${Object.keys(PARTS).join(', ')}, got ${JSON.stringify(only)}`);
}

async function linesOf(names: readonly string[], seed: string): Promise<Line[]> {
  const lines: Line[] = [];
  for (const name of names) {
    const began = performance.now();
    const say = (progress: string) => void process.stderr.write(`${name}: ${progress}\n`);
    lines.push(...((await PARTS[name]?.full({ seed, say })) ?? []));
    say(`took ${Math.round((performance.now() - began) / 1000)} s`);
  }
  return lines;
}
