import { counted } from '../../src/base/counted.ts';
import { DYNAMODB } from '../virtualTime/dynamodbLimits.ts';
import { CopyWorld, type Deliveries } from './copyWorld.ts';
import { atMost, type Line, linesAbout, type Play } from './lines.ts';

const MAX_WRITE_UNITS = 3;
/** In batches of one payer's files. */
const MAX_REQUESTS = 2;
const MAX_ITEM_KIB = 64;

/** What deliveries that arrive all at once cost, and what becomes of their files. */
export async function copyLines(play: Play<Omit<Deliveries, 'seed'>>): Promise<Line[]> {
  const { size, seed, say } = play;
  const files = size.payers * size.files;
  const world = new CopyWorld({ ...size, seed });
  const isStopped = reportProgress(world, say);
  await world.play().finally(isStopped);
  const { dynamodb, copy, manifest } = world;
  const { charged } = dynamodb.table;
  const units = charged.reduce((sum, { writeUnits }) => sum + writeUnits, 0);
  const staged = await world.stagedFiles();
  const rate = staged / world.stagedAfterSeconds;
  const ofKey = (DYNAMODB.ofKey.writeUnits * staged * size.payers) / units;
  return linesAbout(`copy, ${size.files.toLocaleString('en')} files × ${counted(size.payers, 'payer')} at once`, [
    { what: 'files that are not staged', measured: files - staged, ...atMost(0) },
    { what: 'dead letters', measured: copy.deadLetters.length + manifest.deadLetters.length, ...atMost(0) },
    { what: 'deliveries that are not complete', measured: size.payers - (await world.complete()), ...atMost(0) },
    {
      what: 'files a second',
      measured: rate,
      beside: `partition keys allow ${Math.round(ofKey).toLocaleString('en')}`,
    },
    { what: 'until all are staged', measured: world.stagedAfterSeconds / 60, unit: 'minutes' },
    { what: 'requests that DynamoDB throttled', measured: dynamodb.table.throttledRequests },
    { what: 'messages that came back', measured: copy.redelivered },
    { what: 'write units a file', measured: units / files, ...atMost(MAX_WRITE_UNITS) },
    {
      what: 'DynamoDB requests a file, beside the throttled',
      measured: (dynamodb.table.requests - dynamodb.table.throttledRequests) / files,
      // Of many payers each has a list of its own, which is written and read for one file.
      ...(size.payers === 1 && atMost(MAX_REQUESTS)),
    },
    {
      what: 'largest item',
      measured: dynamodb.table.largestItemBytes() / 1024,
      unit: 'KiB',
      ...atMost(MAX_ITEM_KIB),
    },
  ]);
}

const SAY_EVERY_SECONDS = 10;

/** Answers what ends it. */
function reportProgress(world: CopyWorld, say: (progress: string) => void): () => void {
  let isOver = false;
  const report = () => {
    if (isOver) return;
    say(`${Math.round(world.seconds)} s: ${world.copy.size} messages left`);
    world.clock.setTimer(report, SAY_EVERY_SECONDS * 1000);
  };
  report();
  return () => {
    isOver = true;
  };
}
