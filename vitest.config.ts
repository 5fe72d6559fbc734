import { configDefaults, defineConfig } from 'vitest/config';

declare module 'vitest' {
  export interface ProvidedContext {
    /** How many random worlds the simulation plays. */
    readonly worlds: number;
  }
}

/**
 * What takes long or takes tools of others (moto, RabbitMQ, what pip installs), and what bundles or
 * packages functions.
 */
const LEFT_OUT_WHEN_QUICK = [
  'test/{finalize/snowflakeCutOff,programs/local/{start,watchMode},programs/sample/*,reconcile/manyObjects}.test.ts',
  'test/adapters/{dynamodb/*,s3/{bucketRegions,multipartCopy,objectStore,s3Faults},sqs/queue}.test.ts',
  'test/adapters/rabbitmq/{anyBroker,brokerAtHand,composition,rabbitmqBroker,signingIn}.test.ts',
  'test/adapters/snowflake/{*Sql,publish,scriptBlock,statements,view}.test.ts',
  'test/aws/wiring.test.ts',
  'test/scale/scale.test.ts',
  'test/functions/**',
  'test/programs/{drill/drill,payer/payerCheck,setup/snowflakeSetup,verify/{answers,verifyRun}}.test.ts',
  'test/resources/{payerAccount*,stageVariants,template}.test.ts',
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
      // What hangs is noticed; what is slow, on a machine that is busy with other things, is not
      // taken for a failure.
      testTimeout: 600_000,
      hookTimeout: 600_000,
      teardownTimeout: 60_000,
    },
  };
});
