import type { CheckCases, ExpectedFinding } from './describeChecks.ts';
import { daily, hourly, onDay, type UsageFields, wholeMonth } from './usageLines.ts';

/** What a check of things that are billed by the hour, and idle below some traffic, is about. */
export interface IdleThing {
  /** A line of its hours; with an id. */
  readonly hours: UsageFields & { readonly resource: string };
  /** A line of its traffic. */
  readonly traffic: UsageFields;
  /** The traffic from which on it is not idle; 0 where any is too much. */
  readonly limit: number;
  /** What a finding says of 15 days of 24 hours without traffic. */
  readonly evidence: string;
}

const BELOW = 0.9;
const ABOVE = 1.1;

/** The cases that all such checks share, around two weeks, 336 hours and the limit of traffic. */
export function idleCases({ hours, traffic, limit, evidence }: IdleThing): CheckCases {
  const { resource } = hours;
  const tooMuch = limit === 0 ? 0.001 : ABOVE * limit;
  const idle: ExpectedFinding = { resource, region: hours.region ?? 'us-east-1' };
  return {
    'fifteen days of nothing': {
      lines: daily(15, hours),
      finds: [{ ...idle, cost: 15, saving: 15, evidence }],
    },
    'hour by hour': {
      lines: hourly(345, { ...hours, amount: 1, cost: 0.1 }),
      finds: [{ ...idle, cost: 34.5, saving: 34.5 }],
    },
    'in a monthly report': {
      lines: [wholeMonth({ ...hours, amount: 720, cost: 30 })],
      finds: [{ ...idle, cost: 30, saving: 30 }],
    },
    'traffic up to the limit': {
      lines: [...daily(30, hours), onDay(3, { ...traffic, resource, amount: BELOW * limit, cost: 0.5 })],
      finds: [{ ...idle, cost: 30.5, saving: 30.5 }],
    },
    'covered in part, which saves nothing': {
      lines: [
        ...daily(10, hours),
        ...daily(
          10,
          {
            ...hours,
            lineType: 'SavingsPlanCoveredUsage',
            columns: { savings_plan_savings_plan_effective_cost: 0.5 },
          },
          { firstDay: 11 },
        ),
      ],
      finds: [{ ...idle, cost: 15, saving: 10 }],
    },
    '336 hours and not one more': { lines: daily(14, hours) },
    'several without an id, twelve days': { lines: daily(12, { ...hours, resource: '', amount: 96 }) },
    'traffic above the limit': {
      lines: [...daily(30, hours), onDay(3, { ...traffic, resource, amount: tooMuch, cost: 0.01 })],
    },
    'without an id, and traffic in its region': {
      lines: [
        ...daily(30, { ...hours, resource: '' }),
        onDay(3, { ...traffic, resource: '', amount: tooMuch, cost: 0.01 }),
      ],
    },
    'costs nothing': { lines: daily(30, { ...hours, cost: 0 }) },
  };
}
