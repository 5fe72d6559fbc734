import { atMost, type Line, numberText, type Play } from './lines.ts';
import { type Cost, type CostsOfDelivery, DELIVERIES_PER_DAY, MonthWorld, WORKS } from './monthWorld.ts';

const MAX_GROWTH = 1.1;
const SAY_EVERY_DAYS = 5;
/**
 * From then on the work of each delivery is whole: what was superseded is deleted after a day, and
 * forgotten 14 days later.
 */
const SETTLED_DAY = 20;
/** Over so many days: a fold of the ledger's lists does not come with every delivery. */
const MEAN_DAYS = 5;
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
 * What the work on one payer's month costs in its last days, bound by what it cost when everything
 * that follows from a delivery had come round for the first time; and beside it the first day, when
 * there was nothing yet to clear away.
 */
export async function monthLines({ size, seed, say }: Play<Month>): Promise<Line[]> {
  const { days, files } = size;
  const world = new MonthWorld(files, seed);
  const costs = await playedMonth(world, days, say).finally(() => world.close());
  const daysFrom = (day: number, count: number) =>
    costs.slice((day - 1) * DELIVERIES_PER_DAY, (day - 1 + count) * DELIVERIES_PER_DAY);
  const first = daysFrom(1, 1);
  const settled = daysFrom(Math.min(SETTLED_DAY, days - 2 * MEAN_DAYS + 1), MEAN_DAYS);
  const last = daysFrom(days - MEAN_DAYS + 1, MEAN_DAYS);
  const about = `one payer, ${files} files, ${DELIVERIES_PER_DAY} deliveries a day: day ${days}, bound by day ${SETTLED_DAY}`;
  return WORKS.flatMap((work) => {
    const line = (what: string, of: (cost: Cost) => number): Line => {
      const mean = (all: readonly CostsOfDelivery[]) => all.reduce((sum, one) => sum + of(one[work]), 0) / all.length;
      const beside = `day 1: ${numberText(mean(first))}`;
      return {
        about,
        what: `${NAMES[work]}: ${what}`,
        measured: mean(last),
        beside,
        ...atMost(mean(settled) * MAX_GROWTH),
      };
    };
    return [
      line('DynamoDB requests', ({ dynamodbRequests }) => dynamodbRequests),
      line('KiB read from DynamoDB', ({ dynamodbBytesRead }) => dynamodbBytesRead / 1024),
      line('S3 requests', ({ s3Requests }) => s3Requests),
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
