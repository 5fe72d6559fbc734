import { atMost, type Line, linesAbout, type Play } from './lines.ts';
import { type Exports, ReconcileWorld } from './reconcileWorld.ts';

const MAX_PAGES = 8;
const SAY_EVERY_SECONDS = 60;

/** What a reconcile of all payers costs, and whom it does not get to. */
export async function reconcileLines({ size, seed, say }: Play<Exports>): Promise<Line[]> {
  const world = new ReconcileWorld(size, seed);
  const report = () => {
    say(`${Math.round(world.minutes)} min: ${world.queue.size} payers left`);
    world.clock.setTimer(report, SAY_EVERY_SECONDS * 1000);
  };
  world.clock.setTimer(report, SAY_EVERY_SECONDS * 1000);
  const { done, isComplete } = await world.play();
  const { payers, files } = size;
  return linesAbout(`reconcile, ${payers.toLocaleString('en')} payers × ${files} files × 135 deliveries, create-new`, [
    { what: 'S3 pages a payer', measured: world.s3.requests.list / payers, ...atMost(MAX_PAGES) },
    { what: 'payers starved', measured: payers - done, ...atMost(0) },
    { what: 'runs that do not end', measured: Number(!isComplete), ...atMost(0) },
    {
      what: 'dead letters, invocations killed',
      measured: world.queue.deadLetters.length + world.queue.killed,
      ...atMost(0),
    },
    { what: 'until it has ended', measured: world.minutes, unit: 'minutes' },
    { what: 'DynamoDB requests a payer', measured: world.dynamodb.table.requests / payers },
    { what: 'reads and writes that DynamoDB throttled', measured: world.dynamodb.limits.throttled },
  ]);
}
