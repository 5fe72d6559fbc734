import { configDefaults, defineConfig } from 'vitest/config';

declare module 'vitest' {
  export interface ProvidedContext {
    /** How many random worlds the simulation plays. */
    readonly worlds: number;
  }
}

/** What takes long or takes tools of others (moto, RabbitMQ, what pip installs), and what bundles or packages functions. */
const LEFT_OUT_WHEN_QUICK = [
  'test/{finalizing/snowflakeCutOff,local/{start,watchMode},local/sample/*,reconcile/manyObjects}.test.ts',
  'test/aws/{bucketRegions,dynamodb*,multipartCopy,s3*,sqsQueue,wiring}.test.ts',
  'test/programs/drill/drill.test.ts',
  'test/functions/**',
  'test/notify/rabbitmq/{anyBroker,brokerAtHand,composition,rabbitmqBroker,signingIn}.test.ts',
  'test/resources/{payerAccount*,template}.test.ts',
  'test/warehouse/snowflake/{*Sql,publications,scriptBlock,setup,statements}.test.ts',
];

/** `vitest run --mode quick`, for `npm run test:quick`; everything in any other mode. */
export default defineConfig(({ mode }) => {
  const isQuick = mode === 'quick';
  return {
    test: {
      include: ['test/**/*.test.ts'],
      exclude: [...configDefaults.exclude, ...(isQuick ? LEFT_OUT_WHEN_QUICK : [])],
      globalSetup: ['test/folderOfRun.ts', ...(isQuick ? [] : ['test/aws/globalSetup.ts'])],
      reporters: ['default', './test/skippedReporter.ts'],
      provide: { worlds: isQuick ? 50 : 1000 },
      maxWorkers: 2,
      // What hangs is noticed; what is slow, on a machine that is busy with other things, is not taken for a failure.
      testTimeout: 600_000,
      hookTimeout: 600_000,
      teardownTimeout: 60_000,
    },
  };
});
