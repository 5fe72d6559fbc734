import { readFile } from 'node:fs/promises';
import { S3 } from '@aws-sdk/client-s3';
import { parse } from 'yaml';
import { UsageError } from '../../base/commandLine.ts';
import { printable } from '../../base/printable.ts';
import type { PayerSource } from '../../billing/source.ts';
import { PayersInvalid, parsePayers } from '../../config/payers.ts';
import { partitionOf } from '../packaging/pseudoParameters.ts';
import { readStageSettings, SettingsInvalid, type StageSettings } from '../packaging/stageSettings.ts';
import { readBucketFacts } from './bucketFacts.ts';
import { type CheckOptions, HELP, parseCheckOptions } from './checkOptions.ts';
import { type Finding, findingsOf } from './findings.ts';
import { readKeyPolicy } from './keyPolicy.ts';

const PROJECT = new URL('../../../', import.meta.url);
/** The functions whose roles read payers' buckets: copy first, whose role keys' policies name. */
const READERS = ['copy', 'reconcile'];
const MARKS = { good: 'ok', bad: 'TROUBLE', unknown: 'unknown' } as const;

const EXIT_TROUBLE = 1;
const EXIT_USAGE = 2;
const EXIT_FOUND = 3;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseCheckOptions(args);
    if (options !== 'help') return await check(options);
    process.stdout.write(HELP);
    return 0;
  } catch (error) {
    process.stderr.write(`${printable(error instanceof Error ? `${error.name}: ${error.message}` : String(error))}\n`);
    const isUsage = [UsageError, SettingsInvalid, PayersInvalid].some((kind) => error instanceof kind);
    if (!isUsage) return EXIT_TROUBLE;
    process.stderr.write('npm run payer:check -- --help lists the options\n');
    return EXIT_USAGE;
  }
}

async function check(options: CheckOptions): Promise<number> {
  const settings = readStageSettings(await readFile(new URL('serverless.yml', PROJECT), 'utf8'), options.stage);
  const sources = await sourcesOf(options, settings);
  const findings: Finding[] = [];
  for (const source of sources) {
    say(`payer ${options.payer}: s3://${source.bucket}/${source.prefix}`);
    const facts = await readBucketFacts(
      { s3In: (region) => new S3({ region }), homeRegion: settings.region, keyPolicy: readKeyPolicy },
      source,
    );
    const expected = {
      readers: rolesOf(options, settings),
      kmsKey: source.kmsKey,
      isOwn: source.bucketOwner === 'self',
    };
    const found = findingsOf(facts, expected);
    for (const { is, text } of found) say(`  ${MARKS[is].padEnd(7)}  ${text}`);
    findings.push(...found);
  }
  return findings.every(({ is }) => is === 'good') ? 0 : EXIT_FOUND;
}

type CheckedSource = Pick<PayerSource, 'bucket' | 'prefix' | 'bucketOwner' | 'kmsKey'>;

async function sourcesOf(options: CheckOptions, { payersFile }: StageSettings): Promise<CheckedSource[]> {
  const { payer, bucket, prefix = '', kmsKey } = options;
  if (bucket !== undefined) {
    return [{ bucket, prefix, bucketOwner: payer, ...(kmsKey === undefined ? {} : { kmsKey }) }];
  }
  const { sources } = parsePayers(parse(await readFile(new URL(payersFile, PROJECT), 'utf8')));
  const own = sources.filter((source) => source.payer === payer);
  if (own.length > 0) return own;
  throw new UsageError(`${payersFile} has no payer ${payer}: add it, or give --bucket`);
}

/** As policies name them; where the account is not known, from the path on. */
function rolesOf({ account, stage }: CheckOptions, { service, region, rolePath }: StageSettings): string[] {
  const start = account === undefined ? '' : `arn:${partitionOf(region)}:iam::${account}`;
  return READERS.map((name) => `${start}:role${rolePath}${service}-${stage}-${name}`);
}

function say(line: string): void {
  process.stdout.write(`${printable(line)}\n`);
}
