import { startMotoServer } from '../aws/motoServer.ts';
import { ensurePythonTools } from '../aws/pythonTools.ts';
import { zipBytesOf } from '../bench/bundles.ts';
import { measureCalls } from '../bench/calls.ts';
import { BundledFunctions } from '../functions/bundledFunction.ts';
import { QUEUES } from '../virtualTime/deployed.ts';
import { atMost, type Line, linesAbout, type Play } from './lines.ts';

const PAYERS = "- payer: '111122223333'\n  bucket: payer-cur\n  prefix: cur\n  bucketOwner: self\n";
const MAX_ZIP_KB = 220;
/** "1,000 across all functions in an AWS Region" (AWS Lambda Developer Guide, "Lambda quotas"). */
const MAX_CONCURRENCY = 1000;
/** Invoked by schedule or by hand: sweep, status, and the reconcile that asks. */
const INVOKED_ALONE = 3;

/** The bundles of the functions, and the calls of S3 that one of them makes. */
export async function functionLines({ size, say }: Play<{ readonly files: number }>): Promise<Line[]> {
  await ensurePythonTools();
  const [moto, functions] = await Promise.all([startMotoServer(), BundledFunctions.create(PAYERS)]);
  try {
    say(`a delivery of ${size.files} files against moto`);
    const { copies, reads } = await measureCalls(moto, functions, size.files);
    const ofManifest = 1 / size.files;
    return linesAbout('the functions', [
      {
        what: 'copy: zipped bundle',
        measured: (await zipBytesOf(await functions.path('copy'))) / 1000,
        unit: 'kB',
        ...atMost(MAX_ZIP_KB),
      },
      { what: 'copy: S3 copies a file', measured: copies, ...atMost(1) },
      { what: 'copy: S3 ranged reads a file', measured: reads - ofManifest, ...atMost(2) },
      {
        what: 'all: invocations at once, of an account’s 1,000',
        measured: invocationsAtOnce(),
        ...atMost(MAX_CONCURRENCY),
      },
    ]);
  } finally {
    await functions.close();
    await moto.close();
  }
}

function invocationsAtOnce(): number {
  return Object.values(QUEUES).reduce((sum, { concurrency }) => sum + concurrency, INVOKED_ALONE);
}
