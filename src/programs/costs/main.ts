import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { METRICS } from '../../telemetry/metricCatalogue.ts';
import { stackAlarms } from '../packaging/stackAlarms.ts';
import { CENTRAL_RULES, ownBucketRules } from '../packaging/stackParts.ts';
import { costTable } from './costTable.ts';
import type { StageSize } from './stageCosts.ts';

const PROJECT = new URL('../../../', import.meta.url);
/** src/finalize/run.ts: each step of a run has a metric of its own. */
const STEPS = 6;

process.stdout.write(`${costTable(await sizeOfStage())}\n`);

/**
 * What the files of this project say of a stage with the default params and a bucket in its own
 * account.
 */
async function sizeOfStage(): Promise<Omit<StageSize, 'payers'>> {
  const [alarms, serverless] = await Promise.all(
    ['resources/alarms.yml', 'serverless.yml'].map(async (path) =>
      parse(await readFile(new URL(path, PROJECT), 'utf8'), { merge: true, logLevel: 'silent' }),
    ),
  );
  const made = stackAlarms({ name: 'stage', topics: [] }, [...CENTRAL_RULES, ...ownBucketRules(1)]);
  const by = (wanted: string) => Object.values(METRICS).filter(({ series }) => series.some((one) => one === wanted));
  return {
    stageMetrics: by('stage').length + by('step').length * STEPS,
    payerMetrics: by('payer').length + by('worst').length,
    worstPayers: Number(serverless.params.default.payerMetrics),
    alarms: Object.keys(alarms.Resources).length + Object.keys(made).length,
  };
}
