import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { allMetricsCost, awsCosts, snowflakeCost } from '../../../src/programs/costs/stageCosts.ts';

const ROOT = new URL('../../../', import.meta.url);
const SIZE = { stageMetrics: 70, payerMetrics: 16, worstPayers: 20, alarms: 32 };
const total = (payers: number) => awsCosts({ ...SIZE, payers }).reduce((sum, { dollars }) => sum + dollars, 0);

describe('the estimate of costs', () => {
  it('is in resources/README.md as `npm run costs` prints it', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['src/programs/costs/main.ts'], { cwd: ROOT });
    expect(stdout.split('\n').length).toBeGreaterThan(10);
    expect(readFileSync(new URL('resources/README.md', ROOT), 'utf8')).toContain(stdout);
  });

  it('grows with the payers, and less than they do: they share what a stage costs anyway', () => {
    expect(total(200)).toBeGreaterThan(total(10));
    expect(total(2000) / 2000).toBeLessThan(total(200) / 200);
    expect(total(200) / 200).toBeLessThan(total(10) / 10);
  });

  it('is not mostly metrics, unless all payers are to have all of theirs', () => {
    const metrics = awsCosts({ ...SIZE, payers: 2000 }).find(({ item }) => item === 'CloudWatch metrics');
    expect(metrics?.dollars).toBeLessThan(total(2000) / 10);
    expect(allMetricsCost({ ...SIZE, payers: 2000 }).dollars).toBeGreaterThan(total(2000));
  });

  it('bills metrics beyond the first 10,000 at the lower price', () => {
    const [few, many] = [1000, 10_000].map((payers) => allMetricsCost({ ...SIZE, payers }).dollars);
    expect(many).toBeLessThan(10 * (few ?? 0));
  });

  it('has Snowflake’s warehouse running all the time at most', () => {
    expect(snowflakeCost({ ...SIZE, payers: 1e6 }).dollars).toBe(1440);
  });
});
