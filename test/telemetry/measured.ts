import type { ReactorEvent } from '../../src/telemetry/events.ts';
import { reportTo } from '../../src/telemetry/logsAndMetrics.ts';
import type { Measure } from '../../src/telemetry/metricCatalogue.ts';

/** The measures that the report of an event gives. */
export function measured(event: ReactorEvent): Measure[] {
  const measures: Measure[] = [];
  const silent = () => {};
  const logger = { debug: silent, info: silent, warn: silent, error: silent };
  reportTo({ logger, metrics: { add: (measure) => void measures.push(measure) } }, {})(event);
  return measures;
}
