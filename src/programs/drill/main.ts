import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SQSClient } from '@aws-sdk/client-sqs';
import { UsageError } from '../../base/commandLine.ts';
import { printable } from '../../base/printable.ts';
import { readStageSettings, SettingsInvalid } from '../packaging/stageSettings.ts';
import { drill } from './drill.ts';
import { type DrillOptions, HELP, parseDrillOptions } from './drillOptions.ts';
import { drillPlan, planLines } from './drillPlan.ts';

const SERVERLESS_YML = new URL('../../../serverless.yml', import.meta.url);

const EXIT_TROUBLE = 1;
const EXIT_USAGE = 2;
const EXIT_NOT_PROVED = 3;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseDrillOptions(args);
    if (options !== 'help') return await run(options);
    process.stdout.write(HELP);
    return 0;
  } catch (error) {
    process.stderr.write(`${printable(error instanceof Error ? `${error.name}: ${error.message}` : String(error))}\n`);
    if (!(error instanceof UsageError || error instanceof SettingsInvalid)) return EXIT_TROUBLE;
    process.stderr.write('npm run drill -- --help lists the options\n');
    return EXIT_USAGE;
  }
}

async function run(options: DrillOptions): Promise<number> {
  const settings = readStageSettings(await readFile(SERVERLESS_YML, 'utf8'), options.stage);
  const region = options.region ?? settings.region;
  const plan = drillPlan(`${settings.service}-${options.stage}`, options, randomUUID());
  const say = (line: string) => process.stdout.write(`${printable(line)}\n`);
  if (!options.yes) {
    for (const line of planLines(plan, region)) say(line);
    return 0;
  }
  const broken = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => broken.abort());
  const [sqs, cloudwatch] = [new SQSClient({ region }), new CloudWatchClient({ region })];
  const sleep = (seconds: number) => setTimeout(seconds * 1000, undefined, { signal: broken.signal });
  const verdict = await drill({ sqs, cloudwatch, now: Date.now, sleep, say }, plan);
  say(verdict.is === 'proved' ? `proved: ${plan.alarmName} comes and ends` : `not proved: ${verdict.reason}`);
  return verdict.is === 'proved' ? 0 : EXIT_NOT_PROVED;
}
