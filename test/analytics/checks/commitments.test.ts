import { describeChecks } from './describeChecks.ts';
import type { ReportLine } from './reportLines.ts';
import { daily, onDay, type UsageFields, wholeMonth } from './usageLines.ts';

const RESERVATION = 'arn:aws:ec2:us-east-1:777788889999:reserved-instances/1';
const PLAN = 'arn:aws:savingsplans::777788889999:savingsplan/1';

interface Reservation {
  readonly arn?: string;
  /** Of 720 hours. */
  readonly unusedHours?: number;
  readonly endTime?: string;
  readonly service?: string;
}

/** The month's line of a reservation of 0.03 USD an hour and 0.02 USD of its upfront payment. */
function reservation({ arn = RESERVATION, unusedHours = 0, endTime, service = 'AmazonEC2' }: Reservation): ReportLine {
  return wholeMonth({
    service,
    usageType: 'HeavyUsage:c4.large',
    lineType: 'RIFee',
    amount: 720,
    cost: 21.6,
    columns: {
      reservation_reservation_a_r_n: arn,
      reservation_amortized_upfront_fee_for_billing_period: 14.4,
      reservation_unused_quantity: unusedHours,
      reservation_unused_recurring_fee: unusedHours * 0.03,
      reservation_unused_amortized_upfront_fee_for_billing_period: unusedHours * 0.02,
      ...(endTime === undefined ? {} : { reservation_end_time: endTime }),
    },
  });
}

interface Plan {
  readonly arn?: string;
  readonly usedADay: number;
  readonly endTime?: string;
}

/** Lines of a savings plan of 24 USD a day. */
function plan({ arn = PLAN, usedADay, endTime }: Plan): ReportLine[] {
  return daily(30, {
    service: 'ComputeSavingsPlans',
    usageType: 'ComputeSP:1yrNoUpfront',
    lineType: 'SavingsPlanRecurringFee',
    cost: 24,
    region: '',
    columns: {
      savings_plan_savings_plan_a_r_n: arn,
      savings_plan_total_commitment_to_date: 24,
      savings_plan_used_commitment: usedADay,
      ...(endTime === undefined ? {} : { savings_plan_end_time: endTime }),
    },
  });
}

/** What a commitment covers: `list` is its public price on demand. */
function covered(lineType: string, arn: string, list: number): ReportLine {
  const isPlan = lineType === 'SavingsPlanCoveredUsage';
  const columns = {
    pricing_public_on_demand_cost: list,
    ...(isPlan
      ? { savings_plan_savings_plan_a_r_n: arn, savings_plan_savings_plan_effective_cost: 1 }
      : { reservation_reservation_a_r_n: arn, reservation_effective_cost: 1 }),
  };
  return onDay(30, { service: 'AmazonEC2', usageType: 'BoxUsage:c4.large', lineType, columns });
}

const onDemand: UsageFields = { service: 'AmazonEC2', usageType: 'BoxUsage:m5.large' };
const lastDay = onDay(30, { ...onDemand, columns: { pricing_public_on_demand_cost: 1 } });

describeChecks({
  'unused-reservation': {
    'hours nobody used, recurring and upfront': {
      lines: [reservation({ unusedHours: 100 }), lastDay],
      finds: [
        { resource: RESERVATION, region: 'us-east-1', cost: 5, saving: 5, evidence: '100 h unused, 14 % of its cost' },
      ],
    },
    'a whole month, in a monthly report': {
      lines: [reservation({ unusedHours: 720 }), wholeMonth({ ...onDemand })],
      finds: [{ cost: 36, evidence: '720 h unused, 100 % of its cost' }],
    },
    'one of two': {
      lines: [reservation({ unusedHours: 1 }), reservation({ arn: `${RESERVATION}2` }), lastDay],
      finds: [{ resource: RESERVATION, cost: 0.05 }],
    },
    'all of it used': { lines: [reservation({}), lastDay] },
    'a month that is not over': {
      lines: [reservation({ unusedHours: 100 }), onDay(29, onDemand)],
      status: 'cannot-be-told',
    },
    'an unused savings plan': { lines: [...plan({ usedADay: 0 }), lastDay] },
    'no commitment at all': { lines: [lastDay], status: 'no-such-usage' },
  },
  'unused-savings-plan': {
    'a quarter of the commitment': {
      lines: [...plan({ usedADay: 18 }), lastDay],
      finds: [{ resource: PLAN, cost: 180, saving: 180, evidence: 'used 540.00 of a commitment of 720.00 USD' }],
    },
    'all of it': { lines: [...plan({ usedADay: 0 }), lastDay], finds: [{ cost: 720 }] },
    'one of two': {
      lines: [...plan({ usedADay: 23 }), ...plan({ arn: `${PLAN}2`, usedADay: 24 }), lastDay],
      finds: [{ resource: PLAN, cost: 30 }],
    },
    'used up': { lines: [...plan({ usedADay: 24 }), lastDay] },
    'an unused reservation': { lines: [reservation({ unusedHours: 100 }), lastDay] },
    'a month that is not over': {
      lines: [...plan({ usedADay: 18 }), onDay(29, onDemand)].filter(
        ({ columns }) => !String(columns?.line_item_usage_start_date).startsWith('2026-09-30'),
      ),
      status: 'cannot-be-told',
    },
  },
  'commitment-ends-soon': {
    'a reservation within 30 days': {
      lines: [reservation({ endTime: '2026-10-25T00:34:00.000Z' }), lastDay],
      finds: [
        {
          resource: RESERVATION,
          cost: 36,
          saving: null,
          evidence: 'reservation ends on 2026-10-25, in 25 days (within 30)',
        },
      ],
    },
    'within 60 days': {
      lines: [reservation({ endTime: '2026-11-24T00:34:00.000Z' }), lastDay],
      finds: [{ evidence: 'reservation ends on 2026-11-24, in 55 days (within 60)' }],
    },
    'a savings plan within 90 days': {
      lines: [...plan({ usedADay: 24, endTime: '2026-12-24T07:00:00.000Z' }), lastDay],
      finds: [
        {
          resource: PLAN,
          cost: 720,
          saving: null,
          evidence: 'savings plan ends on 2026-12-24, in 85 days (within 90)',
        },
      ],
    },
    'counted from the last whole day of a month that is not over': {
      lines: [reservation({ endTime: '2026-10-25T00:34:00.000Z' }), onDay(10, onDemand)],
      finds: [{ evidence: 'reservation ends on 2026-10-25, in 45 days (within 60)' }],
    },
    'in 91 days': { lines: [reservation({ endTime: '2026-12-30T00:34:00.000Z' }), lastDay] },
    'ended within the month': { lines: [reservation({ endTime: '2026-09-20T00:34:00.000Z' }), lastDay] },
    'no end that the report says': { lines: [reservation({}), lastDay], status: 'cannot-be-told' },
    'next year': { lines: [...plan({ usedADay: 0, endTime: '2027-10-05T07:00:00.000Z' }), lastDay] },
  },
  'commitment-dearer-than-on-demand': {
    'a reservation that is used too little': {
      lines: [reservation({ unusedHours: 400 }), covered('DiscountedUsage', RESERVATION, 20), lastDay],
      finds: [
        { resource: RESERVATION, cost: 36, saving: null, evidence: 'cost 36.00 for usage worth 20.00 USD on demand' },
      ],
    },
    'just over its price on demand': {
      lines: [reservation({}), covered('DiscountedUsage', RESERVATION, 33), lastDay],
      finds: [{ cost: 36 }],
    },
    'a savings plan': {
      lines: [...plan({ usedADay: 12 }), covered('SavingsPlanCoveredUsage', PLAN, 500), lastDay],
      finds: [{ resource: PLAN, cost: 720 }],
    },
    'hardly dearer': { lines: [reservation({}), covered('DiscountedUsage', RESERVATION, 35), lastDay] },
    cheaper: { lines: [...plan({ usedADay: 24 }), covered('SavingsPlanCoveredUsage', PLAN, 900), lastDay] },
    'nothing that it covered': { lines: [reservation({ unusedHours: 720 }), lastDay] },
    'another commitment covered it': {
      lines: [reservation({}), covered('DiscountedUsage', `${RESERVATION}2`, 20), lastDay],
    },
    'a month that is not over': {
      lines: [
        reservation({ unusedHours: 400 }),
        onDay(3, {
          ...onDemand,
          lineType: 'DiscountedUsage',
          columns: {
            reservation_reservation_a_r_n: RESERVATION,
            reservation_effective_cost: 1,
            pricing_public_on_demand_cost: 20,
          },
        }),
      ],
      status: 'cannot-be-told',
    },
    'no public prices': {
      lines: [reservation({}), onDay(30, onDemand)],
      status: 'cannot-be-told',
    },
  },
});
