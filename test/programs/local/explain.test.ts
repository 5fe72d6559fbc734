import { describe, it } from 'vitest';
import { namesLike } from '../../../src/programs/local/knownChecks.ts';
import { runReactor } from './reactor.ts';

describe('npm start -- --explain', { concurrent: true }, () => {
  it('lists all checks with their titles, without a state', async ({ expect }) => {
    const { status, stdout, stderr } = await runReactor('--explain');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^ebs-gp2-to-gp3\n {4}gp2 volumes/m);
    expect(stdout).toMatch(/idle-load-balancer/);
    const json = JSON.parse((await runReactor('--explain', '--json')).stdout);
    expect(json).toContainEqual({ check: 'idle-load-balancer', title: 'Idle load balancers', confidence: 'high' });
  });

  it('says all of what the header of a check says, with the values of its thresholds', async ({ expect }) => {
    const { status, stdout } = await runReactor('--explain', 'idle-load-balancer');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Idle load balancers \(idle-load-balancer\)\n/);
    for (const part of [
      'What it finds',
      'Why it is waste',
      'What to do',
      'What it saves',
      'What it cannot see',
      'Source',
    ]) {
      expect(stdout).toMatch(new RegExp(`^${part}\\n  \\S`, 'm'));
    }
    expect(stdout).toMatch(/^Confidence\n {2}high$/m);
    expect(stdout).toMatch(/^ {2}min_hours = 336: hours/m);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('proposes the names that are like one that there is not', async ({ expect }) => {
    const { status, stdout, stderr } = await runReactor('--explain', 'idle-loadbalancers');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^--explain: there is no check "idle-loadbalancers"; there are .*idle-load-balancer/);
  });
});

describe('the names that are like one that there is not', () => {
  const names = ['ebs-gp2-to-gp3', 'idle-load-balancer', 'idle-nat-gateway', 'nearly-idle-load-balancer'];

  it.for([
    ['load', ['idle-load-balancer', 'nearly-idle-load-balancer']],
    ['IDLE-nat', ['idle-nat-gateway']],
    ['ebs-gp3-to-gp2', ['ebs-gp2-to-gp3']],
    ['xyz', []],
  ] as const)('%j: %j', ([name, expected], { expect }) => {
    expect(namesLike(name, names)).toEqual(expected);
  });
});
