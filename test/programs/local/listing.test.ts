import { describe, expect, it } from 'vitest';
import { chosen, listingOf } from '../../../src/programs/local/listing.ts';
import { resourceFindings } from '../../../src/programs/local/resourceFindings.ts';
import { totalsByCurrency } from '../../../src/programs/local/totals.ts';
import { wastageFinding } from './findings.ts';

const TITLES = new Map([['ebs-gp2-to-gp3', 'gp2 volumes']]);

describe('the findings on a resource', () => {
  it('are one entry over its months: amounts are added up, what is said is from the newest', () => {
    const september = wastageFinding({
      period: '2026-09',
      evidence: 'old',
      wholeMonthSaving: 3,
      firstDay: '2026-09-02',
    });
    const october = wastageFinding({ period: '2026-10', evidence: 'new', wholeMonthSaving: 4, firstDay: '2026-10-01' });
    expect(resourceFindings([october, september], TITLES)).toMatchObject([
      {
        title: 'gp2 volumes',
        firstPeriod: '2026-09',
        lastPeriod: '2026-10',
        firstDay: '2026-09-02',
        cost: 2469,
        estimatedSaving: 20.25,
        wholeMonthSaving: 4,
        evidence: 'new',
        months: [{ period: '2026-10' }, { period: '2026-09' }],
        alternatives: [],
      },
    ]);
  });

  it('are apart by currency, payer, account and check; without an id by service and region, too', () => {
    const one = wastageFinding({ resource: '' });
    const apart = [
      one,
      wastageFinding({ resource: '', currency: 'CNY' }),
      wastageFinding({ resource: '', account: '2' }),
      wastageFinding({ resource: '', check: 'other' }),
      wastageFinding({ resource: '', service: 'AmazonRDS' }),
      wastageFinding({ resource: '', region: 'us-east-1' }),
    ];
    expect(
      resourceFindings([...apart, { ...one, period: wastageFinding({ period: '2026-05' }).period }], TITLES),
    ).toHaveLength(6);
    const named = [wastageFinding({}), wastageFinding({ period: '2026-05', region: 'us-east-1', service: 'x' })];
    expect(resourceFindings(named, TITLES)).toHaveLength(1);
  });

  it('have those that they outdo as alternatives, whose savings are in no sum', () => {
    const counts = wastageFinding({ estimatedSaving: 10 });
    const outdone = { check: 'idle', estimatedSaving: 0, wholeMonthSaving: 0, alternativeTo: counts.check };
    const findings = [
      counts,
      wastageFinding({ ...outdone, alternativeSaving: 4 }),
      wastageFinding({ ...outdone, check: 'older', alternativeSaving: 6 }),
      wastageFinding({ period: '2026-05', estimatedSaving: 8 }),
      wastageFinding({ ...outdone, period: '2026-05', alternativeSaving: 1 }),
    ];
    const [found, ...others] = resourceFindings(findings, TITLES);
    expect(others).toEqual([]);
    expect(found?.estimatedSaving).toBe(18);
    expect(found?.alternatives).toEqual([
      { check: 'older', title: null, saving: 6, months: 1 },
      { check: 'idle', title: null, saving: 5, months: 2 },
    ]);
    expect(totalsByCurrency([], findings).checks.map(({ check, findings: count }) => [check, count])).toEqual([
      ['ebs-gp2-to-gp3', 1],
      ['ebs-gp2-to-gp3', 1],
    ]);
  });

  it('count in one month and are an alternative in another', () => {
    const findings = [
      wastageFinding({ check: 'idle', period: '2026-09', estimatedSaving: 30 }),
      wastageFinding({ period: '2026-09', estimatedSaving: 0, alternativeSaving: 5, alternativeTo: 'idle' }),
      wastageFinding({ period: '2026-10', estimatedSaving: 7 }),
    ];
    expect(resourceFindings(findings, TITLES)).toMatchObject([
      { check: 'idle', lastPeriod: '2026-09', alternatives: [{ check: 'ebs-gp2-to-gp3', saving: 5 }] },
      { check: 'ebs-gp2-to-gp3', firstPeriod: '2026-10', estimatedSaving: 7, alternatives: [] },
    ]);
  });

  it('that are looked at by their check alone say what they would save, and instead of what', () => {
    const counts = wastageFinding({ check: 'idle' });
    const outdone = wastageFinding({
      estimatedSaving: 0,
      wholeMonthSaving: 0,
      alternativeSaving: 5,
      alternativeTo: 'idle',
    });
    const { findings, belowMinSaving } = listingOf(chosen([counts, outdone], { check: outdone.check }), {}, TITLES);
    expect(belowMinSaving).toBe(0);
    expect(findings).toMatchObject([{ estimatedSaving: 0, alternativeSaving: 5, alternativeTo: 'idle' }]);
  });
});

describe('the list of findings', () => {
  const saving = (resource: string, amount: number | null, whole = amount) =>
    wastageFinding({ resource, estimatedSaving: amount, wholeMonthSaving: whole });

  it('leaves out and counts what saves less than 1.00 in a whole month, or less than is asked for', () => {
    const findings = [saving('a', 0.99), saving('b', 0.5, 1), saving('c', 2)];
    const listed = (minSaving?: number) => {
      const listing = listingOf(findings, { minSaving }, TITLES);
      return [listing.findings.map(({ resource }) => resource), listing.belowMinSaving];
    };
    expect(listed()).toEqual([['c', 'b'], 1]);
    expect(listed(0)).toEqual([['c', 'a', 'b'], 0]);
    expect(listed(1.5)).toEqual([['c'], 2]);
  });

  it('goes by the newest month, and by the month as it was seen where nothing is said of a whole one', () => {
    const listed = (...findings: ReturnType<typeof saving>[]) => listingOf(findings, {}, TITLES).findings.length;
    const earlier = wastageFinding({ period: '2026-03', wholeMonthSaving: 50 });
    expect(listed(earlier, { ...saving('vol-1', 9), wholeMonthSaving: 0.5 })).toBe(0);
    expect(listed({ ...saving('vol-1', 9), wholeMonthSaving: null })).toBe(1);
    expect(listed({ ...saving('vol-1', 0.1), wholeMonthSaving: null })).toBe(0);
  });

  it('has those without a saving at its end, whatever is asked for', () => {
    const { findings } = listingOf([saving('none', null), saving('a', 5)], { minSaving: 4 }, TITLES);
    expect(findings.map(({ resource }) => resource)).toEqual(['a', 'none']);
  });

  it('is of one payer, month and check where these are asked for', () => {
    const findings = [wastageFinding({}), wastageFinding({ period: '2026-05' }), wastageFinding({ check: 'idle' })];
    expect(chosen(findings, { period: '2026-05' })).toEqual([findings[1]]);
    expect(chosen(findings, { check: 'idle', payer: '111122223333' })).toEqual([findings[2]]);
    expect(chosen(findings, { payer: '444455556666' })).toEqual([]);
  });
});

describe('groups of findings', () => {
  it('add up all of them, each currency apart, also those that are not listed', () => {
    const findings = [
      wastageFinding({ resource: 'a', accountName: 'Shop', estimatedSaving: 0.25, wholeMonthSaving: 0.25 }),
      wastageFinding({ resource: 'b', accountName: 'Shop', estimatedSaving: 5 }),
      wastageFinding({ resource: 'b', accountName: 'Shop', period: '2026-05', estimatedSaving: 5 }),
      wastageFinding({ resource: 'c', currency: 'CNY', estimatedSaving: 70 }),
      wastageFinding({ resource: 'd', account: '2', estimatedSaving: null }),
    ];
    const account = '999988887777';
    expect(listingOf(findings, { groupBy: 'account' }, TITLES).groups).toEqual([
      { name: account, title: null, currency: 'CNY', findings: 1, estimatedSaving: 70 },
      { name: account, title: 'Shop', currency: 'USD', findings: 2, estimatedSaving: 10.25 },
      { name: '2', title: null, currency: 'USD', findings: 1, estimatedSaving: 0 },
    ]);
  });

  it.each([
    ['check', 'ebs-gp2-to-gp3'],
    ['service', 'AmazonEC2'],
    ['owner', 'team-a'],
  ] as const)('are by %s', (groupBy, name) => {
    expect(listingOf([wastageFinding({})], { groupBy }, TITLES)).toMatchObject({
      groupedBy: groupBy,
      groups: [{ name }],
    });
  });

  it('take the account for the owner where nobody is named', () => {
    const { groups } = listingOf([wastageFinding({ owner: null })], { groupBy: 'owner' }, TITLES);
    expect(groups[0]?.name).toBe('999988887777');
  });
});
