import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { whyNotBill } from '../../src/billing/costReport.ts';

const NEEDED = [
  'line_item_line_item_type',
  'line_item_usage_account_id',
  'line_item_usage_start_date',
  'line_item_unblended_cost',
];
const anyCase = (name: string) =>
  fc
    .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((upper) => [...name].map((letter, index) => (upper[index] ? letter.toUpperCase() : letter)).join(''));

describe('a file is part of a bill', () => {
  it('when it says who used what when and what it cost, whatever the case and whatever else it has', () => {
    const others = fc.array(fc.string({ maxLength: 20 }));
    fc.assert(
      fc.property(fc.tuple(...NEEDED.map(anyCase)), others, fc.infiniteStream(fc.nat()), (needed, more, order) => {
        const columns = [...needed, ...more].map((name) => [name, order.next().value] as const);
        expect(whyNotBill(columns.toSorted(([, a], [, b]) => a - b).map(([name]) => name))).toBeUndefined();
      }),
    );
  });

  it('also when its owner chose no other columns, or when it has those of FOCUS besides', () => {
    expect(whyNotBill(NEEDED)).toBeUndefined();
    expect(whyNotBill([...NEEDED, 'BilledCost'])).toBeUndefined();
  });
});

describe('a file is no part of a bill', () => {
  it.each(NEEDED)('without the column %s, which is named', (missing) => {
    const columns = ['bill_payer_account_id', ...NEEDED.filter((name) => name !== missing)];
    expect(whyNotBill(columns)).toBe(`no bill without the column ${missing}`);
  });

  it('without several of them: all that are missing are named', () => {
    expect(whyNotBill(NEEDED.slice(0, 2))).toBe(
      'no bill without the column line_item_usage_start_date, line_item_unblended_cost',
    );
  });

  it('when it is a FOCUS export, in any case of its names, and is named as one', () => {
    const why = 'a FOCUS export, and only cost and usage reports (CUR) are supported';
    expect(whyNotBill(['BilledCost', 'EffectiveCost', 'ChargePeriodStart'])).toBe(why);
    expect(whyNotBill(['billedcost'])).toBe(why);
    expect(whyNotBill(['BilledCost', 'line_item_usage_account_id'])).toBe(why);
  });

  it('when it has none of them: its own columns are named, a few, and printable', () => {
    expect(whyNotBill(['a', 'b\u001b[31m'])).toMatch(
      /^not a cost and usage report: .*; its columns are "a", "b.*31m"$/,
    );
    expect(whyNotBill(['a', 'b\u001b[31m'])).not.toMatch(/\p{Cc}/u);
    expect(whyNotBill(['a', 'b', 'c', 'd', 'e', 'f'])).toMatch(/are "a", "b", "c", "d", "e", … \(6 in all\)$/);
  });
});
