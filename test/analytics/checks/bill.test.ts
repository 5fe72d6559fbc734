import { describeChecks } from './describeChecks.ts';
import type { ReportLine } from './reportLines.ts';
import { daily, onDay, type UsageFields, wholeMonth } from './usageLines.ts';

const BEFORE = { monthsLater: -1 };
const ec2 = (over: Partial<UsageFields> = {}): UsageFields => ({
  service: 'AmazonEC2',
  usageType: 'BoxUsage:m5.large',
  cost: 100,
  ...over,
});
const credit = (cost: number): UsageFields => ec2({ lineType: 'Credit', cost: -cost });
/** A month that is over, of 100 USD. */
const spent = onDay(30, ec2());
const spentBefore = onDay(3, ec2(), BEFORE);

/** Months of which some are known: the first line is so many months old. */
const knownFor = (months: number, over: Partial<UsageFields> = {}): ReportLine =>
  onDay(1, ec2(over), { monthsLater: -months });
const database: UsageFields = { service: 'AmazonRDS', usageType: 'InstanceUsage:db.m5.large', cost: 12 };
const abroad = ec2({ region: 'sa-east-1', cost: 12 });

const marketplace = (cost: number): ReportLine =>
  wholeMonth({ service: 'abcdefghij', usageType: 'fee', cost, columns: { bill_billing_entity: 'AWS Marketplace' } });
const aws = onDay(30, ec2({ columns: { bill_billing_entity: 'AWS' } }));
const support = (cost: number, service = 'AWSSupportBusiness'): ReportLine =>
  wholeMonth({ service, usageType: 'Dollar', cost, region: '' });

describeChecks({
  'credits-ended': {
    'half of the month before': {
      lines: [spent, spentBefore, onDay(3, credit(50), BEFORE)],
      finds: [
        {
          cost: 100,
          saving: null,
          evidence: 'credits paid 50.00 of 100.00 USD in the month before, and nothing in this one',
        },
      ],
    },
    'a little more than 5 %': { lines: [spent, spentBefore, onDay(3, credit(5.5), BEFORE)], finds: [{ cost: 100 }] },
    'all of the month before': { lines: [spent, spentBefore, onDay(3, credit(100), BEFORE)], finds: [{ cost: 100 }] },
    'a little less than 5 %': { lines: [spent, spentBefore, onDay(3, credit(4.5), BEFORE)] },
    'they go on': { lines: [spent, onDay(30, credit(1)), spentBefore, onDay(3, credit(50), BEFORE)] },
    'two months before': { lines: [spent, spentBefore, knownFor(2), onDay(3, credit(50), { monthsLater: -2 })] },
    'a month that is not over': {
      lines: [onDay(29, ec2()), spentBefore, onDay(3, credit(50), BEFORE)],
      status: 'cannot-be-told',
    },
    'a refund': { lines: [spent, spentBefore, onDay(3, { ...credit(50), lineType: 'Refund' }, BEFORE)] },
    'much that is covered, and little on demand': {
      lines: [spent, onDay(3, ec2({ lineType: 'Fee' }), BEFORE), onDay(3, ec2({ cost: 0 }), BEFORE)],
    },
  },
  'new-service': {
    'after half a year': {
      lines: [spent, knownFor(6), onDay(14, database)],
      finds: [
        {
          resource: '',
          region: 'us-east-1',
          cost: 12,
          saving: null,
          evidence: 'first cost of AmazonRDS since 2026-09-14',
        },
      ],
    },
    'two in one region': {
      lines: [spent, knownFor(6), onDay(14, database), onDay(12, { ...database, service: 'AmazonES', cost: 3 })],
      finds: [{ cost: 15, evidence: 'first cost of AmazonRDS and 1 more since 2026-09-12' }],
    },
    'in two accounts, by a fee': {
      lines: [
        spent,
        knownFor(6),
        ...['111111111111', '222222222222'].map((account) => onDay(3, { ...database, account, lineType: 'Fee' })),
      ],
      finds: [{ account: '111111111111' }, { account: '222222222222' }],
    },
    'for nothing before': {
      lines: [spent, knownFor(6), onDay(3, { ...database, cost: 0 }, BEFORE), onDay(14, { ...database, cost: 1.1 })],
      finds: [{ cost: 1.1 }],
    },
    'for less than 1': { lines: [spent, knownFor(6), onDay(14, { ...database, cost: 0.9 })] },
    'used once before': { lines: [spent, knownFor(6), onDay(3, database, { monthsLater: -3 }), onDay(14, database)] },
    'in another account before': {
      lines: [
        spent,
        knownFor(6, { ...database, account: '111111111111' }),
        onDay(14, database),
        onDay(1, ec2(), BEFORE),
      ],
    },
    'after five months': { lines: [spent, knownFor(5), onDay(14, database)], status: 'cannot-be-told' },
    'its tax, credits and refunds': {
      lines: [
        spent,
        knownFor(6),
        ...['Tax', 'Credit', 'Refund'].map((lineType) => onDay(3, { ...database, lineType })),
      ],
    },
    'no service, as of rounding': { lines: [spent, knownFor(6), onDay(3, { ...database, service: '' })] },
  },
  'new-region': {
    'after half a year': {
      lines: [spent, knownFor(6), onDay(14, abroad)],
      finds: [
        {
          region: 'sa-east-1',
          cost: 12,
          saving: null,
          evidence: 'first cost in sa-east-1 since 2026-09-14, mostly AmazonEC2',
        },
      ],
    },
    'two regions': {
      lines: [spent, knownFor(6), onDay(14, abroad), onDay(14, { ...abroad, region: 'eu-west-1' })],
      finds: [{ region: 'eu-west-1' }, { region: 'sa-east-1' }],
    },
    'for nothing before': {
      lines: [spent, knownFor(6), onDay(3, { ...abroad, cost: 0 }, BEFORE), onDay(14, { ...abroad, cost: 1.1 })],
      finds: [{ cost: 1.1 }],
    },
    'for less than 1': { lines: [spent, knownFor(6), onDay(14, { ...abroad, cost: 0.9 })] },
    'used once before': { lines: [spent, knownFor(6), onDay(3, abroad, { monthsLater: -3 }), onDay(14, abroad)] },
    'after five months': { lines: [spent, knownFor(5), onDay(14, abroad)], status: 'cannot-be-told' },
    'no region': { lines: [spent, knownFor(6), onDay(14, { ...abroad, region: '' })] },
    'global services': { lines: [spent, knownFor(6), onDay(14, { ...abroad, region: 'global' })] },
    'its tax, credits and refunds': {
      lines: [spent, knownFor(6), ...['Tax', 'Credit', 'Refund'].map((lineType) => onDay(3, { ...abroad, lineType }))],
    },
  },
  'marketplace-share': {
    'more than a tenth': {
      lines: [aws, marketplace(12)],
      finds: [{ resource: '', cost: 12, saving: null, evidence: '11 % of 112.00 USD' }],
    },
    'half of it': { lines: [aws, marketplace(100)], finds: [{ cost: 100 }] },
    'tax, credits and refunds apart': {
      lines: [aws, marketplace(12), ...['Tax', 'Credit', 'Refund'].map((lineType) => onDay(3, ec2({ lineType })))],
      finds: [{ cost: 12 }],
    },
    'less than a tenth': { lines: [aws, marketplace(10)] },
    'nothing from there': { lines: [aws] },
    'a month that is not over': {
      lines: [onDay(29, ec2()), marketplace(12)],
      status: 'cannot-be-told',
    },
  },
  'support-share': {
    'more than a tenth': {
      lines: [aws, support(11)],
      finds: [{ resource: '', cost: 11, saving: null, evidence: '11.00 for support of 100.00 USD' }],
    },
    'two plans together': {
      lines: [aws, support(6, 'AWSDeveloperSupport'), support(6, 'AWSEnterpriseOnRamp')],
      finds: [{ cost: 12 }],
    },
    'tax, credits and refunds apart': {
      lines: [aws, support(11), ...['Tax', 'Credit', 'Refund'].map((lineType) => onDay(3, ec2({ lineType })))],
      finds: [{ cost: 11 }],
    },
    'less than a tenth': { lines: [aws, support(9)] },
    'no plan': { lines: [aws] },
    'a month that is not over': { lines: [onDay(29, ec2()), support(20)], status: 'cannot-be-told' },
  },
});

const priced = (rate: string, over: Partial<UsageFields> = {}): UsageFields =>
  ec2({
    cost: 1,
    ...over,
    columns: {
      pricing_rate_code: 'SKU1.JRTCKXETXF.6YS6EN2CT7',
      pricing_public_on_demand_rate: rate,
      pricing_public_on_demand_cost: 1,
      ...over.columns,
    },
  });
const otherCode = { pricing_rate_code: 'SKU1.JRTCKXETXF.TIER2' };
const dms = (over: Partial<UsageFields> = {}): UsageFields => ({
  service: 'AWSDatabaseMigrationSvc',
  usageType: 'USE1-InstanceUsg:dms.t3.micro',
  resource: 'arn:aws:dms:us-east-1:777788889999:rep:r',
  ...over,
});
const TWO_MONTHS_BEFORE = { monthsLater: -2 };
const covered = { lineType: 'DiscountedUsage', columns: { reservation_effective_cost: 1 } };
const db = (usageType: string, over: Partial<UsageFields> = {}): UsageFields => ({ ...database, usageType, ...over });

describeChecks({
  'price-changed': {
    'since the month before': {
      lines: [onDay(3, priced('0.1000000000'), BEFORE), ...daily(2, priced('0.1100000000'))],
      finds: [
        {
          resource: '',
          region: 'us-east-1',
          cost: 2,
          saving: null,
          evidence: 'BoxUsage:m5.large from 0.100000 to 0.110000 USD',
        },
      ],
    },
    'within the month, downwards': {
      lines: [onDay(1, priced('0.1000000000')), onDay(2, priced('0.0989000000'))],
      finds: [{ cost: 2, evidence: 'BoxUsage:m5.large from 0.100000 to 0.098900 USD' }],
    },
    'two of them': {
      lines: [
        onDay(1, priced('0.1')),
        onDay(2, priced('0.2')),
        onDay(1, priced('3', { usageType: 'BoxUsage:p3.large', cost: 9, columns: otherCode })),
        onDay(2, priced('4', { usageType: 'BoxUsage:p3.large', cost: 9, columns: otherCode })),
      ],
      finds: [{ cost: 20, evidence: 'BoxUsage:p3.large from 3.000000 to 4.000000 USD, and 1 more' }],
    },
    'hardly at all': { lines: [onDay(3, priced('0.1000000000'), BEFORE), onDay(1, priced('0.1009000000'))] },
    'two tiers of one SKU': { lines: [onDay(1, priced('0.1')), onDay(2, priced('0.2', { columns: otherCode }))] },
    'two months before': { lines: [onDay(3, priced('0.1'), TWO_MONTHS_BEFORE), onDay(1, priced('0.2'))] },
    'no longer used': {
      lines: [onDay(3, priced('0.1'), BEFORE), onDay(3, priced('0.2'), BEFORE), spent],
      status: 'cannot-be-told',
    },
    'of what a reservation covers': {
      lines: [onDay(1, priced('0.1')), onDay(2, priced('0.2', { lineType: 'DiscountedUsage' }))],
    },
    'no rate codes': {
      lines: ['0.1', '0.2'].map((pricing_public_on_demand_rate, index) =>
        onDay(index + 1, ec2({ columns: { pricing_public_on_demand_rate, pricing_public_on_demand_cost: 1 } })),
      ),
      status: 'cannot-be-told',
    },
    'no public prices': { lines: [spent], status: 'cannot-be-told' },
  },
  'old-dms-instance': {
    'there for two months': {
      lines: [...daily(2, dms()), onDay(3, dms(), TWO_MONTHS_BEFORE)],
      finds: [{ cost: 2, saving: 2, evidence: 'ran 48 h of dms.t3.micro, and was there two months ago' }],
    },
    'in two zones': {
      lines: [
        onDay(1, dms({ usageType: 'Multi-AZUsg:dms.r5.large' })),
        onDay(3, dms({ usageType: 'Multi-AZUsg:dms.r5.large' }), TWO_MONTHS_BEFORE),
      ],
      finds: [{ saving: 1, evidence: 'ran 24 h of dms.r5.large, and was there two months ago' }],
    },
    'of another size then': {
      lines: [onDay(1, dms()), onDay(3, dms({ usageType: 'InstanceUsg:dms.r5.large' }), TWO_MONTHS_BEFORE)],
      finds: [{ saving: 1 }],
    },
    'since last month': { lines: [onDay(1, dms()), onDay(3, dms(), BEFORE)] },
    'another one': { lines: [onDay(1, dms()), onDay(3, dms({ resource: 'other' }), TWO_MONTHS_BEFORE)] },
    'gone since': { lines: [spent, onDay(3, dms(), TWO_MONTHS_BEFORE)], status: 'no-such-usage' },
    'its logs': {
      lines: [onDay(1, dms({ usageType: 'DMS:LogStorage' })), onDay(3, dms(), TWO_MONTHS_BEFORE)],
    },
    'no ids': {
      lines: [onDay(1, dms({ resource: '' })), onDay(3, dms({ resource: '' }), TWO_MONTHS_BEFORE)],
      status: 'cannot-be-told',
    },
    'another service of that id': {
      lines: [onDay(1, dms({ service: 'AmazonRDS' })), onDay(3, dms({ service: 'AmazonRDS' }), TWO_MONTHS_BEFORE)],
      status: 'no-such-usage',
    },
    'another service then': { lines: [onDay(1, dms()), onDay(3, dms({ service: 'AmazonRDS' }), TWO_MONTHS_BEFORE)] },
  },
  'database-savings-plan': {
    'instances of the seventh generation': {
      lines: daily(30, db('InstanceUsage:db.r7g.large', { cost: 10 })),
      finds: [
        { resource: '', cost: 300, saving: 36, evidence: '300.00 USD on demand that a Database Savings Plan covers' },
      ],
    },
    'and of the ninth, in two zones': {
      lines: daily(14, db('Multi-AZUsage:db.m9g.large', { cost: 10 })),
      finds: [{ saving: 16.8 }],
    },
    'serverless, and other services': {
      lines: daily(30, db('Aurora:ServerlessV2Usage', { cost: 1 })).concat(
        daily(30, db('ServerlessUsage', { service: 'AmazonNeptune', cost: 1 })),
        daily(30, db('InstanceUsage:db.r8g.large', { service: 'AmazonDocDB', cost: 1 })),
      ),
      finds: [{ cost: 90, saving: 10.8 }],
    },
    'DynamoDB, on demand and provisioned': {
      lines: daily(30, db('USW2-WriteRequestUnits', { service: 'AmazonDynamoDB', cost: 1 })).concat(
        daily(30, db('ReadCapacityUnit-Hrs', { service: 'AmazonDynamoDB', cost: 1 })),
      ),
      finds: [{ cost: 60, saving: 7.2 }],
    },
    'an older generation': { lines: daily(30, db('InstanceUsage:db.r6g.large')) },
    'a class without a generation': { lines: daily(30, db('InstanceUsage:db.serverless')) },
    'twelve days': { lines: daily(12, db('InstanceUsage:db.r7g.large')) },
    'their storage': {
      lines: [
        ...daily(30, db('RDS:GP3-Storage')),
        ...daily(30, db('TimedStorage-ByteHrs', { service: 'AmazonDynamoDB' })),
      ],
    },
    reserved: { lines: daily(30, db('InstanceUsage:db.r7g.large', covered)) },
    'another service': {
      lines: daily(30, db('InstanceUsage:db.r7g.large', { service: 'AmazonTimestream' })),
      status: 'no-such-usage',
    },
  },
});
