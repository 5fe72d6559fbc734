import { atMost, type Line, type Play } from './lines.ts';
import { type Cost, type CostsOfDelivery, DELIVERIES_PER_DAY, MonthWorld, WORKS } from './monthWorld.ts';

const MAX_GROWTH = 1.1;
const SAY_EVERY_DAYS = 5;
const NAMES = {
  manifest: 'a manifest',
  run: 'a finalizer run',
  reconcile: 'a reconcile of the payer',
  sweep: 'a sweep',
};

export interface Month {
  readonly days: number;
  readonly files: number;
}

/**
 * What the work on one payer's month costs on its last day, beside what it cost at the end of its
 * first: the very first delivery meets a ledger that knows nothing.
 */
export async function monthLines({ size, seed, say }: Play<Month>): Promise<Line[]> {
  const { days, files } = size;
  const world = new MonthWorld(files, seed);
  const costs = await playedMonth(world, days, say).finally(() => world.close());
  const first = costs.slice(DELIVERIES_PER_DAY - 1, DELIVERIES_PER_DAY);
  const last = costs.slice(-DELIVERIES_PER_DAY);
  const about = `one payer, ${files} files, ${DELIVERIES_PER_DAY} deliveries a day: day ${days}, bound by day 1`;
  return WORKS.flatMap((work) => {
    const line = (what: string, of: (cost: Cost) => number): Line => {
      const mean = (all: readonly CostsOfDelivery[]) => all.reduce((sum, one) => sum + of(one[work]), 0) / all.length;
      return { about, what: `${NAMES[work]}: ${what}`, measured: mean(last), ...atMost(mean(first) * MAX_GROWTH) };
    };
    return [
      line('DynamoDB requests', ({ dynamodbRequests }) => dynamodbRequests),
      line('KiB read from DynamoDB', ({ dynamodbBytesRead }) => dynamodbBytesRead / 1024),
      // What a run deletes was superseded a day before, so there is nothing yet on the first day.
      ...(work === 'run' ? [] : [line('S3 requests', ({ s3Requests }) => s3Requests)]),
    ];
  });
}

/** What every delivery of so many days has cost. */
export async function playedMonth(
  world: MonthWorld,
  days: number,
  say: (progress: string) => void,
): Promise<CostsOfDelivery[]> {
  const costs: CostsOfDelivery[] = [];
  for (let nth = 0; nth < days * DELIVERIES_PER_DAY; nth += 1) {
    if (nth % (DELIVERIES_PER_DAY * SAY_EVERY_DAYS) === 0) say(`day ${1 + nth / DELIVERIES_PER_DAY} of ${days}`);
    costs.push(await world.deliver(nth));
  }
  return costs;
}
