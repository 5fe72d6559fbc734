import { type CheckCases, describeChecks } from './describeChecks.ts';
import { daily, hourly, onDay, type UsageFields, wholeMonth } from './usageLines.ts';

const instance = (type: string, over: Partial<UsageFields> = {}): UsageFields => ({
  service: 'AmazonEC2',
  usageType: `USE2-BoxUsage:${type}`,
  operation: 'RunInstances',
  resource: 'i-1',
  product: { instance_type: type },
  ...over,
});

/** Family, its successor, and how much less that costs. */
const GENERATIONS = [
  ['t1', 't3', 0.48],
  ['t2', 't3', 0.1],
  ['m1', 'm6i', 0.45],
  ['m2', 'r6i', 0.48],
  ['m3', 'm6i', 0.27],
  ['m4', 'm6i', 0.04],
  ['c1', 'c6i', 0.34],
  ['c3', 'c6i', 0.19],
  ['c4', 'c6i', 0.15],
  ['r3', 'r6i', 0.24],
  ['r4', 'r6i', 0.05],
  ['i2', 'i3', 0.63],
  ['d2', 'd3', 0.27],
] as const;

const eachGeneration: CheckCases = Object.fromEntries(
  GENERATIONS.map(([family, successor, drop]) => [
    `${family}, whose successor is ${successor}`,
    {
      lines: [onDay(1, instance(`${family}.large`))],
      finds: [{ resource: 'i-1', cost: 1, saving: drop, evidence: `24 h of ${family}.large; successor: ${successor}` }],
    },
  ]),
);

const INTEL = 'Intel Xeon Platinum 8175';
const AMD = 'AMD EPYC 7571';
const on = (processor: string, type: string, over: Partial<UsageFields> = {}): UsageFields =>
  instance(type, { product: { instance_type: type, physical_processor: processor }, ...over });
const DEV = { user_environment: 'Dev' };
const testInstance = (over: Partial<UsageFields> = {}): UsageFields => instance('m5.large', { tags: DEV, ...over });

describeChecks({
  'unused-capacity-reservation': {
    'hours in which nothing ran': {
      lines: daily(3, instance('m5.large', { usageType: 'USW2-UnusedBox:m5.large', resource: 'cr-1' })),
      finds: [{ resource: 'cr-1', cost: 3, saving: 3, evidence: '72 instance hours reserved and not used' }],
    },
    'dedicated ones': {
      lines: [onDay(1, instance('m5.large', { usageType: 'EU-UnusedDed:m5.large', resource: 'cr-1' }))],
      finds: [{ resource: 'cr-1', saving: 1 }],
    },
    'no id, in two regions': {
      lines: ['eu-west-1', 'us-east-1'].map((region) =>
        onDay(1, instance('m5.large', { usageType: 'UnusedBox:m5.large', resource: '', region })),
      ),
      finds: [{ region: 'eu-west-1' }, { region: 'us-east-1' }],
    },
    'hours that a savings plan pays for cost, but save nothing': {
      lines: [
        onDay(
          1,
          instance('m5.large', {
            usageType: 'UnusedBox:m5.large',
            lineType: 'SavingsPlanCoveredUsage',
            columns: { savings_plan_savings_plan_effective_cost: 0.7 },
          }),
        ),
      ],
      finds: [{ cost: 0.7, saving: 0 }],
    },
    'an instance that runs in one': {
      lines: [onDay(1, instance('m5.large', { usageType: 'Reservation:m5.large', resource: 'cr-1' }))],
    },
    'an instance': { lines: [onDay(1, instance('m5.large'))] },
    'dedicated instances': { lines: [onDay(1, instance('m5.large', { usageType: 'DedicatedUsage:m5.large' }))] },
    'another service': {
      lines: [onDay(1, instance('m5.large', { service: 'AmazonECS', usageType: 'UnusedBox:m5.large' }))],
      status: 'no-such-usage',
    },
  },
  'previous-generation-instance': {
    ...eachGeneration,
    'the family in the usage type alone': {
      lines: [onDay(1, instance('m3.large', { product: {} }))],
      finds: [{ saving: 0.27, evidence: '24 h of m3; successor: m6i' }],
    },
    'the oldest usage type, which means m1.small': {
      lines: [onDay(1, instance('', { usageType: 'EU-BoxUsage', product: {} }))],
      finds: [{ saving: 0.45, evidence: '24 h of m1; successor: m6i' }],
    },
    'a dedicated one, and an operation that is not said': {
      lines: [onDay(1, instance('r4.large', { usageType: 'DedicatedUsage:r4.large', operation: '' }))],
      finds: [{ saving: 0.05 }],
    },
    'a price with a licence in it, of which the share is not known': {
      lines: [onDay(1, instance('m4.large', { operation: 'RunInstances:0002' }))],
      finds: [{ cost: 1, saving: 0 }],
    },
    'a reserved one costs what the reservation costs, and saves nothing yet': {
      lines: [
        onDay(
          1,
          instance('m4.large', { lineType: 'DiscountedUsage', cost: 0, columns: { reservation_effective_cost: 0.6 } }),
        ),
      ],
      finds: [{ cost: 0.6, saving: 0 }],
    },
    'a current family': { lines: [onDay(1, instance('m6i.large'))] },
    'a family that begins alike': { lines: [onDay(1, instance('t2x.large'))] },
    Spot: { lines: [onDay(1, instance('m4.large', { usageType: 'SpotUsage:m4.large' }))] },
    'the EBS surcharge': { lines: [onDay(1, instance('m3.large', { usageType: 'EBSOptimized:m3.large' }))] },
    'the EMR surcharge': {
      lines: [onDay(1, instance('m4.large', { service: 'ElasticMapReduce' }))],
      status: 'no-such-usage',
    },
  },
  'graviton-instance': {
    'Intel, 20 %': {
      lines: daily(2, on(INTEL, 'm5.large')),
      finds: [{ resource: 'i-1', cost: 2, saving: 0.4, evidence: `48 h of m5.large on ${INTEL}` }],
    },
    'AMD, 10 %': { lines: [onDay(1, on(AMD, 't3a.large'))], finds: [{ saving: 0.1 }] },
    'a dedicated one': {
      lines: [onDay(1, on(INTEL, 'c5.large', { usageType: 'DedicatedUsage:c5.large' }))],
      finds: [{ saving: 0.2 }],
    },
    'the type in the usage type alone': {
      lines: [onDay(1, on(INTEL, 'r5.large', { product: { physical_processor: INTEL } }))],
      finds: [{ saving: 0.2, evidence: `24 h of r5.large on ${INTEL}` }],
    },
    'covered in part': {
      lines: [
        onDay(1, on(INTEL, 'm5.large')),
        onDay(2, on(INTEL, 'm5.large', { lineType: 'DiscountedUsage', columns: { reservation_effective_cost: 5 } })),
      ],
      finds: [{ cost: 1, saving: 0.2 }],
    },
    Graviton: { lines: [onDay(1, on('AWS Graviton2 Processor', 'm6g.large'))] },
    Windows: { lines: [onDay(1, on(INTEL, 'm5.large', { operation: 'RunInstances:0002' }))] },
    'a family without a Graviton one': { lines: [onDay(1, on(INTEL, 'p3.2xlarge'))] },
    'a family of those letters, trn1': { lines: [onDay(1, on(INTEL, 'trn1.2xlarge'))] },
    'and a Mac': { lines: [onDay(1, on('Intel Core i7', 'mac1.metal'))] },
    Spot: { lines: [onDay(1, on(INTEL, 'm5.large', { usageType: 'SpotUsage:m5.large' }))] },
    reserved: {
      lines: [
        onDay(1, on(INTEL, 'm5.large', { lineType: 'DiscountedUsage', columns: { reservation_effective_cost: 1 } })),
      ],
    },
    'no processor in the report': { lines: [onDay(1, instance('m5.large'))], status: 'cannot-be-told' },
    'another service': { lines: [onDay(1, on(INTEL, 'm5.large', { service: 'AmazonECS' }))], status: 'no-such-usage' },
  },
  'cpu-credits': {
    'of an instance': {
      lines: daily(2, instance('t3.micro', { usageType: 'USW2-CPUCredits:t3', amount: 10 })),
      finds: [{ resource: 'i-1', cost: 2, saving: 2, evidence: '20 vCPU hours of credits' }],
    },
    'of a database': {
      lines: [onDay(1, { service: 'AmazonRDS', usageType: 'RDS:db.t3-CPUCredits', resource: 'db' })],
      finds: [{ resource: 'db', saving: 1 }],
    },
    'no id, of two services in one region': {
      lines: [
        onDay(1, { service: 'AmazonRDS', usageType: 'RDS:db.t3-CPUCredits' }),
        onDay(1, { service: 'AmazonEC2', usageType: 'CPUCredits:t3' }),
      ],
      finds: [{ resource: '', region: 'us-east-1', cost: 2 }],
    },
    'a burstable instance without surplus': { lines: [onDay(1, instance('t3.micro'))] },
    'credits within the free tier': {
      lines: [onDay(1, instance('t3.micro', { usageType: 'CPUCredits:t3', cost: 0 }))],
    },
    'credits of the account': {
      lines: [onDay(1, instance('t3.micro', { usageType: 'CPUCredits:t3', lineType: 'Credit' }))],
      status: 'no-such-usage',
    },
  },
  'never-off-instance': {
    'all hours of the month': {
      lines: daily(30, testInstance()),
      finds: [
        { resource: 'i-1', cost: 30, saving: (30 * 118) / 168, evidence: 'ran 720 h in 30 days, environment dev' },
      ],
    },
    'two weeks of a month that is not over': {
      lines: hourly(14 * 24, testInstance({ amount: 1, cost: 0.1 })),
      finds: [{ cost: 33.6, evidence: 'ran 336 h in 14 days, environment dev' }],
    },
    '95 % of the hours, of a dedicated one': {
      lines: daily(30, testInstance({ usageType: 'DedicatedUsage:m5.large', amount: 22.9 })),
      finds: [{ cost: 30 }],
    },
    'a monthly report': { lines: [wholeMonth(testInstance({ amount: 720 }))], finds: [{ cost: 1 }] },
    'reserved hours count, and save nothing': {
      lines: [
        ...daily(15, testInstance()),
        ...daily(15, testInstance({ lineType: 'DiscountedUsage', columns: { reservation_effective_cost: 1 } }), {
          firstDay: 16,
        }),
      ],
      finds: [{ cost: 30, saving: (15 * 118) / 168 }],
    },
    '12 days of a month that is not over': { lines: daily(12, testInstance()) },
    'off at weekends': { lines: daily(30, testInstance({ amount: 24 * 0.94 })) },
    'off at night': { lines: daily(30, testInstance({ amount: 19 })) },
    production: { lines: daily(30, testInstance({ tags: { user_environment: 'production' } })) },
    'not tagged at all': { lines: daily(30, testInstance({ tags: {} })), status: 'cannot-be-told' },
    Spot: { lines: daily(30, testInstance({ usageType: 'SpotUsage:m5.large' })) },
    'all reserved': {
      lines: daily(30, testInstance({ lineType: 'DiscountedUsage', columns: { reservation_effective_cost: 1 } })),
    },
    'no ids': { lines: daily(30, testInstance({ resource: '' })), status: 'cannot-be-told' },
    'another service': { lines: daily(30, testInstance({ service: 'AmazonECS' })), status: 'no-such-usage' },
  },
  'spot-candidate': {
    'a test instance on demand': {
      lines: daily(2, testInstance()),
      finds: [{ resource: 'i-1', cost: 2, saving: 1.1, evidence: '48 h on demand, environment dev' }],
    },
    'for a few hours': { lines: [onDay(1, testInstance({ amount: 2 }))], finds: [{ saving: 0.55 }] },
    'no id, judged per region': {
      lines: [onDay(1, testInstance({ resource: '' })), onDay(1, testInstance({ resource: '', region: 'eu-west-1' }))],
      finds: [{ region: 'eu-west-1' }, { region: 'us-east-1' }],
    },
    'Spot already': { lines: [onDay(1, testInstance({ usageType: 'SpotUsage:m5.large' }))] },
    Windows: { lines: [onDay(1, testInstance({ operation: 'RunInstances:0002' }))] },
    production: { lines: [onDay(1, testInstance({ tags: { user_environment: 'prod' } }))] },
    reserved: {
      lines: [onDay(1, testInstance({ lineType: 'DiscountedUsage', columns: { reservation_effective_cost: 1 } }))],
    },
    'another service': { lines: [onDay(1, testInstance({ service: 'ElasticMapReduce' }))], status: 'no-such-usage' },
  },
});
