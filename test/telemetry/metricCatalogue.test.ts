import { readFile } from 'node:fs/promises';
import { expect, expectTypeOf, it } from 'vitest';
import type { Payer } from '../../src/billing/payer.ts';
import { METRICS, type Measure, SERIES } from '../../src/telemetry/metricCatalogue.ts';
import { everyEvent } from './everyEvent.ts';
import { measured } from './measured.ts';

/** What the functions count beside events. */
const COUNTED_BY_HANDLERS = ['MessagesMalformed', 'MessagesFailed', 'MessagesThrottled', 'Retries', 'TicksSwept'];

it('resources/METRICS.md is the catalogue, row by row', async () => {
  const document = await readFile(new URL('../../resources/METRICS.md', import.meta.url), 'utf8');
  const rows = document.split('\n').filter((line) => /^\| [A-Z]/.test(line));
  const expected = Object.entries(METRICS).map(([name, { unit, series, meaning }]) => {
    const by = series.map((one) => `${SERIES[one].join(' and ')}${one === 'worst' ? ' (the worst)' : ''}`).join('; ');
    return `| ${name} | ${unit} | ${by} | ${meaning} |`;
  });
  expect(rows).toEqual(expected);
});

it('every metric of the catalogue is sent, and nothing else is', () => {
  const sent = new Set(everyEvent.flatMap((event) => measured(event).map(({ metric }) => metric)));
  expect([...sent, ...COUNTED_BY_HANDLERS].toSorted()).toEqual(Object.keys(METRICS).toSorted());
});

it('every event is counted, or brings a value', () => {
  const silent = everyEvent.filter((event) => measured(event).length === 0);
  expect(silent.map(({ what }) => what)).toEqual([]);
});

it('a metric that is not in the catalogue, or has other dimensions there, does not compile', () => {
  expectTypeOf<{ metric: 'RowsStaged'; value: number }>().toExtend<Measure>();
  expectTypeOf<{ metric: 'StepSeconds'; value: number; step: 'audit' }>().toExtend<Measure>();
  expectTypeOf<{ metric: 'RowsStages'; value: number }>().not.toExtend<Measure>();
  expectTypeOf<{ metric: 'RowsStaged'; value: number; payer: Payer }>().not.toExtend<Measure>();
  expectTypeOf<{ metric: 'FilesStaged'; value: number }>().not.toExtend<Measure>();
  expectTypeOf<{ metric: 'FilesStaged'; value: number; payer: string }>().not.toExtend<Measure>();
});
