import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costsOf, costsText, parseCosts } from '../../src/warehouse/currencyCosts.ts';

const filesOf = (costs: readonly (string | null)[], currency: string | null = 'USD') =>
  costs.map((cost) => ({ costs: [{ currency, cost }] }));

describe('the costs of files', () => {
  it('are added up exactly, in whatever order and however they are divided among files', () => {
    const pico = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
    const decimal = (units: bigint) =>
      `${units < 0n ? '-' : ''}0.${String(units < 0n ? -units : units).padStart(15, '0')}`;
    fc.assert(
      fc.property(fc.array(pico, { minLength: 1 }), (units) => {
        const sum = units.reduce((total, one) => total + one, 0n);
        const files = filesOf(units.map(decimal));
        expect(costsOf(files)).toEqual([{ currency: 'USD', cost: sum === 0n ? 0 : Number(decimal(sum)) }]);
        expect(costsOf(files.toReversed())).toEqual(costsOf(files));
      }),
    );
  });

  it('are unknown where no file has one, and never added across currencies', () => {
    const files = [...filesOf([null], null), ...filesOf(['1', null, '2.5']), ...filesOf([null, null], 'CNY')];
    expect(costsOf(files)).toEqual([
      { currency: 'CNY', cost: null },
      { currency: 'USD', cost: 3.5 },
      { currency: null, cost: null },
    ]);
    expect(costsOf([])).toEqual([]);
  });

  it.each(['', '1e3', 'NaN', '1,5', '.5', '1.0000000000000000'])('refuse %o: it is no decimal', (cost) => {
    expect(() => costsOf(filesOf([cost]))).toThrow(RangeError);
  });

  it('are read as they were written', () => {
    const costs = [
      { currency: 'USD', cost: 0.1 + 0.2 },
      { currency: null, cost: null },
    ];
    expect(parseCosts(costsText(costs))).toEqual(costs);
    expect(() => parseCosts('[{"currency": 1}]')).toThrow(/currency/);
  });
});
