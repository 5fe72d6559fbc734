import { METRICS_AT_FULL_PRICE, MONTH, PAYER, PRICES, WORK } from './assumptions.ts';

/** What of a stage's size the project itself knows. */
export interface StageSize {
  readonly payers: number;
  /** Metrics of the stage, of a step, and of one payer where payers have all of theirs. */
  readonly stageMetrics: number;
  readonly payerMetrics: number;
  /** Payers with one metric of their own. */
  readonly worstPayers: number;
  readonly alarms: number;
}

/** One line of the estimate: US dollars a month. */
export interface Cost {
  readonly item: string;
  /** The arithmetic, in words. */
  readonly how: string;
  readonly dollars: number;
}

/** What AWS costs a month, item by item. */
export function awsCosts(size: StageSize): Cost[] {
  const { payers, alarms } = size;
  const deliveries = payers * PAYER.deliveriesADay * MONTH.days;
  const files = deliveries * PAYER.filesADelivery;
  const gbADelivery = (PAYER.filesADelivery * PAYER.fileMb) / 1000;
  const keptGb = payers * gbADelivery * PAYER.monthsKept;
  const supersededGb = payers * gbADelivery * PAYER.deliveriesADay;
  const sweptPayers = payers * MONTH.sweeps;
  const readUnits = files * WORK.readUnitsAFile + sweptPayers * WORK.readUnitsAPayerAndSweep;
  const requests = WORK.queues * WORK.pollsAQueue + files * WORK.requestsAFile;
  const finalizeSeconds = runsOf(payers) * WORK.runSeconds + deliveries * WORK.partitionSeconds;
  const gbSeconds =
    files * WORK.copyGbSecondsAFile + finalizeSeconds * WORK.finalizeGb + MONTH.sweeps * WORK.sweepGbSeconds;
  const logKb = files * WORK.logKbAFile + deliveries * WORK.logKbADelivery + sweptPayers * WORK.logKbAPayerAndSweep;
  return [
    {
      item: 'S3 requests',
      how: `a copy and a read for each of the files, ${PAYER.deliveriesADay * PAYER.filesADelivery} a payer and day`,
      dollars: files * (PRICES.s3Copies + PRICES.s3Reads),
    },
    {
      item: 'S3 storage',
      how: `${gbADelivery} GB a payer for each of ${PAYER.monthsKept} months, and a day of superseded copies`,
      dollars: (keptGb + supersededGb) * PRICES.s3GbMonths,
    },
    {
      item: 'DynamoDB',
      how: `${WORK.writeUnitsAFile} write and ${WORK.readUnitsAFile} read units a file, ${WORK.readUnitsAPayerAndSweep} read units a payer and sweep`,
      dollars: files * WORK.writeUnitsAFile * PRICES.ledgerWriteUnits + readUnits * PRICES.ledgerReadUnits,
    },
    {
      item: 'EventBridge',
      how: 'an event from another account for each file and each manifest',
      dollars: (files + deliveries) * PRICES.events,
    },
    {
      item: 'SQS',
      how: `Lambda polls ${WORK.queues} queues ${WORK.pollsAQueue.toLocaleString('en')} times; ${WORK.requestsAFile} requests a file`,
      dollars: requests * PRICES.queueRequests,
    },
    {
      item: 'Lambda',
      how: `copy ${WORK.copyGbSecondsAFile} GB-second a file; finalize ${WORK.finalizeGb} GB, ${WORK.runSeconds} s a run and ${WORK.partitionSeconds} s a delivery; sweep ${WORK.sweepGbSeconds} GB-second`,
      dollars: gbSeconds * PRICES.gbSeconds,
    },
    {
      item: 'CloudWatch metrics',
      how: `${size.stageMetrics} of the stage, and one for each of the ${size.worstPayers} stalest payers, all the time`,
      dollars: metricDollars(size.stageMetrics + Math.min(payers, size.worstPayers)),
    },
    {
      item: 'CloudWatch alarms, dashboard, logs',
      how: `${alarms} alarms, one dashboard; ${WORK.logKbAFile} kB of logs a file, ${WORK.logKbADelivery} a delivery, ${WORK.logKbAPayerAndSweep} a payer and sweep`,
      dollars: alarms * PRICES.alarms + PRICES.dashboards + (logKb / 1e6) * PRICES.logGb,
    },
    { item: 'Secrets Manager', how: '2 secrets', dollars: 2 * PRICES.secrets },
  ];
}

/** What comes on top where a stage wants all metrics of all payers (`payerMetrics: all`). */
export function allMetricsCost(size: StageSize): Cost {
  const more = size.payers * size.payerMetrics * WORK.shareOfHoursSent;
  const before = size.stageMetrics + Math.min(size.payers, size.worstPayers);
  return {
    item: 'with `payerMetrics: all`, besides',
    how: `${size.payerMetrics} for each payer, in a quarter of the hours`,
    dollars: metricDollars(before + more) - metricDollars(before),
  };
}

/**
 * Snowflake's smallest warehouse: a credit an hour, for a run's minutes and the idle one after it.
 */
export function snowflakeCost({ payers }: StageSize): Cost {
  const runs = runsOf(payers);
  const runMinutes = runs * ((WORK.runSeconds + WORK.scriptSecondsARun) / 60 + WORK.idleMinutesARun);
  const deliveryMinutes = (payers * PAYER.deliveriesADay * MONTH.days * WORK.partitionSeconds) / 60;
  const hours = Math.min(MONTH.hours, (runMinutes + deliveryMinutes) / 60);
  return {
    item: 'Snowflake',
    how: `an XS warehouse, a credit an hour, at $${PRICES.credits}: its runs, ${WORK.scriptSecondsARun} s of the script in each, ${WORK.partitionSeconds} s a delivery and a minute's idling, at most always`,
    dollars: hours * PRICES.credits,
  };
}

/** Runs a month: one for each delivery, until they share the debounce. */
function runsOf(payers: number): number {
  return Math.min(payers * PAYER.deliveriesADay, WORK.mostRunsADay) * MONTH.days;
}

function metricDollars(metrics: number): number {
  const beyond = Math.max(0, metrics - METRICS_AT_FULL_PRICE);
  return (metrics - beyond) * PRICES.metrics + beyond * PRICES.metricsBeyond;
}
