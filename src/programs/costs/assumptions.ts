/** US dollars at list prices of us-east-1, as known on 28 November 2026, without free tiers. */
export const PRICES = {
  s3Copies: 0.005 / 1000,
  s3Reads: 0.0004 / 1000,
  s3GbMonths: 0.023,
  ledgerWriteUnits: 0.625 / 1e6,
  ledgerReadUnits: 0.125 / 1e6,
  events: 1 / 1e6,
  queueRequests: 0.4 / 1e6,
  /** arm64. */
  gbSeconds: 0.0000133334,
  /** The first 10,000 metrics; the next 240,000. */
  metrics: 0.3,
  metricsBeyond: 0.1,
  alarms: 0.1,
  dashboards: 3,
  logGb: 0.5,
  secrets: 0.4,
  /** A credit of Snowflake's standard edition. */
  credits: 2,
} as const;

export const METRICS_AT_FULL_PRICE = 10_000;

/**
 * What each payer brings, day by day. Put your own numbers here: `npm run costs` shows what they
 * come to.
 */
export const PAYER = { deliveriesADay: 3, filesADelivery: 20, fileMb: 100, monthsKept: 12 } as const;

export const MONTH = { days: 30, hours: 720, sweeps: 8640 } as const;

/** What the project's own measurements say, and where they say nothing, an assumption. */
export const WORK = {
  /** Of a file, by the bound that is tested on the ledger. */
  writeUnitsAFile: 3,
  readUnitsAFile: 6,
  /** Of each payer in a sweep, for two months. */
  readUnitsAPayerAndSweep: 2,
  /** Lambda polls each queue with five connections that wait 20 seconds. */
  pollsAQueue: 5 * 3 * 60 * MONTH.hours,
  queues: 4,
  /** Sent, received in batches of ten, and deleted. */
  requestsAFile: 1.3,
  copyGbSecondsAFile: 1,
  finalizeGb: 2,
  /** A run's own time, and what each payer's month adds to it, with eight statements at once. */
  runSeconds: 60,
  partitionSeconds: 1,
  /** Not more often than the quiet period, of five minutes, lets it. */
  mostRunsADay: 288,
  sweepGbSeconds: 1,
  logKbAFile: 10,
  logKbADelivery: 30,
  /** The sweep's line for each payer. */
  logKbAPayerAndSweep: 0.3,
  /**
   * CloudWatch bills a metric for the hours in which it is sent: deliveries come a few hours a day.
   */
  shareOfHoursSent: 0.25,
  /** The wastage script: 130 statements, each of which takes about half a second at least. */
  scriptSecondsARun: 65,
  /** Snowflake's warehouse is suspended a minute after its last statement. */
  idleMinutesARun: 1,
} as const;
