import { createRequire } from 'node:module';

/**
 * Stands for Lambda's runtime in a process of its own: loads a bundled function (its cold start),
 * then answers each event that its parent sends. A wrong cold start ends the process, as it ends
 * Lambda's.
 */
const bundle: { handler: (event: unknown, context: object) => Promise<unknown> } = createRequire(import.meta.url)(
  process.argv[2] ?? '',
);

process.on('message', async (event) => {
  const context = {
    awsRequestId: 'the-request',
    functionName: 'the-function',
    functionVersion: '$LATEST',
    getRemainingTimeInMillis: () => Number(process.env.REMAINING_MS ?? 900_000),
  };
  process.send?.(
    await bundle.handler(event, context).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }),
    ),
  );
});

// Lambda ends a process with whatever it has open: a connection to the broker, say.
process.on('disconnect', () => process.exit());
