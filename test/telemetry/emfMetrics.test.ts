import { beforeEach, describe, expect, it, vi } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { type EmfMetrics, openEmfMetrics } from '../../src/telemetry/emfMetrics.ts';
import { METRICS } from '../../src/telemetry/metricCatalogue.ts';

const [ONE, TWO] = [parsePayer('111122223333'), parsePayer('444455556666')];

let metrics: EmfMetrics;
beforeEach(() => {
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'cur-reactor');
  metrics = openEmfMetrics('prod', 'all');
  return () => vi.unstubAllEnvs();
});

interface EmfLine {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

/** What Powertools really writes to stdout meanwhile. */
function written(work: () => void): EmfLine[] {
  const texts: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => texts.push(String(text)) > 0);
  try {
    work();
  } finally {
    write.mockRestore();
  }
  const lines = texts.join('').split('\n').filter(Boolean);
  return lines.map((line): EmfLine => JSON.parse(line));
}

const dimensionsOf = ({ _aws }: EmfLine) => _aws.CloudWatchMetrics.map(({ Dimensions }) => Dimensions);

describe('metrics', () => {
  it('of the stage are one line of embedded metric format, with the stage as their one dimension', () => {
    const lines = written(() => {
      metrics.add({ metric: 'RowsStaged', value: 3 });
      metrics.add({ metric: 'RowsStaged', value: 4 });
      metrics.add({ metric: 'SourceUnknown', value: 1 });
      metrics.publish();
    });
    expect(lines).toEqual([
      {
        _aws: {
          Timestamp: expect.any(Number),
          CloudWatchMetrics: [
            {
              Namespace: 'cur-reactor',
              Dimensions: [['stage']],
              Metrics: [
                { Name: 'RowsStaged', Unit: 'Count' },
                { Name: 'SourceUnknown', Unit: 'Count' },
              ],
            },
          ],
        },
        stage: 'prod',
        RowsStaged: [3, 4],
        SourceUnknown: 1,
      },
    ]);
  });

  it('of a payer are sent by stage and by stage and payer, in one line for each payer', () => {
    const lines = written(() => {
      metrics.add({ metric: 'StagingLag', value: 1.5, payer: ONE });
      metrics.add({ metric: 'StagingLag', value: 2.5, payer: TWO });
      metrics.publish();
    });
    expect(lines.map(dimensionsOf)).toEqual([[[['stage'], ['stage', 'payer']]], [[['stage'], ['stage', 'payer']]]]);
    expect(lines.map(({ stage, payer, StagingLag }) => ({ stage, payer, StagingLag }))).toEqual([
      { stage: 'prod', payer: ONE, StagingLag: 1.5 },
      { stage: 'prod', payer: TWO, StagingLag: 2.5 },
    ]);
  });

  it('of payers are left out unless the stage wants them all: the stage has one line, the stalest have theirs', () => {
    metrics = openEmfMetrics('prod', 20);
    const lines = written(() => {
      for (const payer of [ONE, TWO]) {
        metrics.add({ metric: 'FilesStaged', value: 1, payer });
        metrics.add({ metric: 'EstimatedSaving', value: 1, payer });
      }
      metrics.add({ metric: 'FreshnessHours', value: 40, payer: TWO });
      metrics.publish();
    });
    expect(lines.map(dimensionsOf)).toEqual([[[['stage']]], [[['stage', 'payer']]]]);
    expect(lines[0]).toMatchObject({ FilesStaged: [1, 1] });
    expect(lines[0]).not.toHaveProperty('EstimatedSaving');
    expect(lines[1]).toMatchObject({ payer: TWO, FreshnessHours: 40 });
  });

  it('that only make sense by payer, or by step, are sent by no fewer dimensions', () => {
    const lines = written(() => {
      metrics.add({ metric: 'FreshnessHours', value: 7, payer: ONE });
      metrics.add({ metric: 'StepSeconds', value: 9, step: 'audit' });
      metrics.publish();
    });
    expect(lines.map(dimensionsOf)).toEqual([[[['stage', 'payer']]], [[['stage', 'step']]]]);
    expect(lines[1]).toMatchObject({ step: 'audit', StepSeconds: 9 });
  });

  it('keep their dimensions beyond the 100 values that a line holds', () => {
    const lines = written(() => {
      for (let value = 0; value < 250; value++) metrics.add({ metric: 'FilesStaged', value, payer: ONE });
      metrics.publish();
    });
    expect(lines.map(({ FilesStaged }) => [FilesStaged].flat().length)).toEqual([100, 100, 50]);
    for (const line of lines) {
      expect(dimensionsOf(line)).toEqual([[['stage'], ['stage', 'payer']]]);
      expect(line).toMatchObject({ stage: 'prod', payer: ONE });
    }
  });

  it('are written once: nothing new, nothing written', () => {
    expect(written(() => metrics.publish())).toEqual([]);
    written(() => {
      metrics.add({ metric: 'Retries', value: 1 });
      metrics.publish();
    });
    expect(written(() => metrics.publish())).toEqual([]);
  });

  it('leave out what is no number that JSON knows, and never throw', () => {
    const lines = written(() => {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) metrics.add({ metric: 'OutboxDepth', value });
      metrics.publish();
    });
    expect(lines).toEqual([]);
  });

  it('are fewer than the 100 that Powertools puts into one line', () => {
    expect(Object.keys(METRICS).length).toBeLessThan(100);
  });
});
