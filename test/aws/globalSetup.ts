import { findRabbitmq } from '../adapters/rabbitmq/rabbitmqPrograms.ts';
import { ensurePythonTools } from './pythonTools.ts';

/** Once before all tests, so that no two workers install at the same time. */
export default async function installTools(): Promise<void> {
  await ensurePythonTools();
  // Where none can be had, the tests that need it fail and say so; the others run.
  await findRabbitmq().catch(() => undefined);
}
