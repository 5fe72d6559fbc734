import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/commandLine.ts';
import { checkSummary } from '../../src/programs/local/checkSummary.ts';
import { listingOf } from '../../src/programs/local/listing.ts';
import type { Outcome } from '../../src/programs/local/outcome.ts';
import { resourceFindings } from '../../src/programs/local/resourceFindings.ts';
import { wastageFinding } from '../programs/local/findings.ts';
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
const [finding] = resourceFindings([wastageFinding({ check: 'idle-nat-gateway' })], new Map());
if (!finding) throw new Error('there is no finding');

function outcome(parts: Partial<Outcome>): Outcome {
  return {
    partitions: [],
    ...listingOf([], {}, new Map()),
    totals: { months: [], checks: [] },
    checks: checkSummary([]),
    database: '/d',
    events: {},
    elapsedSeconds: 1,
    ...parts,
  };
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
