import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/commandLine.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import type { Outcome } from '../../src/programs/local/outcome.ts';
import { parseAttackOptions } from './attackOptions.ts';
import { differences } from './compare.ts';

const anySeed = () => 7;

const partition: Outcome['partitions'][number] = {
  payer: '111122223333',
  period: '2026-09',
  files: 2,
  rows: 5,
  costs: [{ currency: 'USD', cost: 0.1 + 0.2 }],
  watermark: '2026-10-01T00:00:00.000Z',
  state: 'published',
};
const finding: Outcome['findings'][number] = {
  check: 'idle-nat-gateway',
  payer: parsePayer('111122223333'),
  period: parsePeriod('2026-09'),
  account: '111122220001',
  region: 'us-east-1',
  resource: 'nat-1',
  monthlyCost: 32.4,
  estimatedSaving: 32.4,
  currency: 'USD',
};

function outcome(parts: Partial<Outcome>): Outcome {
  const totals = { months: [], checks: [] };
  return { partitions: [], findings: [], totals, database: '/d', events: {}, elapsedSeconds: 1, ...parts };
}

describe('two runs over one folder', () => {
  it('end the same although moments, events and the order of sums differ', () => {
    const other = { ...partition, watermark: null, costs: [{ currency: 'USD', cost: 0.3 }] };
    const first = outcome({ partitions: [partition], findings: [finding] });
    const second = outcome({ partitions: [other], findings: [finding], events: { 'lease-lost': 3 }, database: '/e' });
    expect(differences(first, second)).toEqual([]);
  });

  it.each<[string, Partial<Outcome>, readonly RegExp[]]>([
    ['a partition is missing', { partitions: [] }, [/^partition missing: .*111122223333/]],
    [
      'a partition has other rows',
      { partitions: [{ ...partition, rows: 4 }] },
      [/^partition missing/, /^partition too many/],
    ],
    ['a partition is not published', { partitions: [{ ...partition, state: 'failed' }] }, [/missing/, /too many/]],
    ['a cost is another one', { partitions: [{ ...partition, costs: [] }] }, [/missing/, /too many/]],
    ['a finding is missing', { findings: [] }, [/^finding missing: .*idle-nat-gateway/]],
    ['a finding is there twice', { findings: [finding, finding] }, [/^finding too many/]],
  ])('differ when %s', (_what, parts, expected) => {
    const first = outcome({ partitions: [partition], findings: [finding] });
    const found = differences(first, outcome({ partitions: [partition], findings: [finding], ...parts }));
    expect(found).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });
});

describe('the options of an attack', () => {
  it('are fifty rounds of any seed, unless they say something else', () => {
    expect(parseAttackOptions([], anySeed)).toEqual({ seed: 7, from: 0, to: 50 });
    expect(parseAttackOptions(['--rounds', '3', '--seed', '11'], anySeed)).toEqual({ seed: 11, from: 0, to: 3 });
    expect(parseAttackOptions(['--seed', '11', '--round', '4'], anySeed)).toEqual({ seed: 11, from: 4, to: 5 });
    expect(parseAttackOptions(['--help'], anySeed)).toBe('help');
  });

  it.each([
    [['--rounds', '0'], '--rounds must be a whole number of at least 1, got "0"'],
    [['--seed', 'x'], '--seed must be a whole number of at least 0, got "x"'],
    [['--round', '4'], '--round needs the --seed that it is a round of'],
    [['--round', '4', '--seed', '1', '--rounds', '2'], '--round and --rounds do not go together'],
  ])('%s are refused', (args, message) => {
    expect(() => parseAttackOptions(args, anySeed)).toThrow(new UsageError(message));
  });
});
