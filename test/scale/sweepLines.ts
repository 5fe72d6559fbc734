import { parsePayer } from '../../src/billing/payer.ts';
import type { PayerSource } from '../../src/billing/source.ts';
import type { Item } from '../adapters/dynamodb/expressions.ts';
import { timeoutSecondsOf } from '../virtualTime/deployed.ts';
import { atMost, type Line, linesAbout, type Play } from './lines.ts';
import { playedMonth } from './monthLines.ts';
import { MonthWorld, SOURCE } from './monthWorld.ts';

/** A sweep is about deliveries, each of which is a document, whatever its files. */
const FILES = 1;

export interface ManyMonths {
  readonly payers: number;
  readonly days: number;
}

/** What a sweep takes when all payers have had a month and a half of deliveries. */
export async function sweepLines({ size, seed, say }: Play<ManyMonths>): Promise<Line[]> {
  const { payers, days } = size;
  const world = new MonthWorld(FILES, seed);
  try {
    await playedMonth(world, days, say);
    const sources = Array.from({ length: payers }, (_, nth) => sourceOf(nth));
    for (const source of sources.slice(1)) copyItems(world.dynamodb.table.items, source);
    say(`${payers} payers, ${world.dynamodb.table.items.size} items`);
    const { dynamodbRequests, dynamodbBytesRead, seconds } = await world.sweep(sources);
    const timeoutSeconds = timeoutSecondsOf('sweep');
    return linesAbout(`sweep, ${payers.toLocaleString('en')} payers after ${days} days`, [
      { what: 'seconds, of its timeout', measured: seconds, ...atMost(timeoutSeconds) },
      { what: 'DynamoDB requests', measured: dynamodbRequests },
      { what: 'read from DynamoDB', measured: dynamodbBytesRead / 1024, unit: 'KiB' },
      { what: 'reads and writes that DynamoDB throttled', measured: world.dynamodb.limits.throttled },
    ]);
  } finally {
    world.close();
  }
}

function sourceOf(nth: number): PayerSource {
  return { ...SOURCE, bucket: `payer-${nth}`, payer: parsePayer(String(100_000_000_000 + nth)) };
}

const OF_PAYER = /^(partition|payers)#/;

/** Gives another payer the items of the first; documents, which are compressed, as they are. */
function copyItems(items: Map<string, Item>, { payer }: PayerSource): void {
  const renamed = (text: string) => text.replaceAll(SOURCE.payer, payer);
  for (const [name, item] of [...items]) {
    if (!OF_PAYER.test(name) || !name.includes(SOURCE.payer)) continue;
    const copy = Object.entries(item).map(([attribute, value]) => [
      attribute,
      value.S?.includes(SOURCE.payer) ? { S: renamed(value.S) } : value,
    ]);
    items.set(renamed(name), Object.fromEntries(copy));
  }
}
