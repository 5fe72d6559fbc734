import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { anyScenario } from './scenario.ts';
import { simulate } from './simulate.ts';

const HELP = `Plays random worlds against the invariants of src/README.md, and shrinks the first that breaks one.

npm run simulate -- [--seeds N] [--seed S] [--path P]

  --seeds N   how many worlds to play (default 1000)
  --seed S    begin with this seed: the one that a failure printed
  --path P    play only the shrunk world that a failure printed
`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    path: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else await main();

async function main(): Promise<void> {
  const numRuns = wholeNumber('--seeds', values.seeds);
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : wholeNumber('--seed', values.seed);
  process.stdout.write(`playing ${numRuns} worlds from seed ${seed}\n`);
  let played = 0;
  const property = fc.asyncProperty(anyScenario, async (scenario) => {
    await simulate(scenario);
    played += 1;
    if (played % 1000 === 0) process.stdout.write(`${played} worlds held\n`);
  });
  const details = await fc.check(property, { numRuns, seed, ...(values.path ? { path: values.path } : {}) });
  if (details.failed) {
    const { errorInstance } = details;
    const trace = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
    process.stdout.write(`${trace}\n\n${fc.defaultReportMessage(details) ?? 'failed'}\n`);
    process.exitCode = 1;
  } else {
    process.stdout.write(`all ${played} worlds held\n`);
  }
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${option} must be a whole number, got ${text}`);
  return number;
}
