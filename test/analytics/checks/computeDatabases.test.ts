import { describeChecks } from './describeChecks.ts';
import { daily, onDay, type UsageFields, wholeMonth } from './usageLines.ts';

const DEV = { user_environment: 'staging' };
const rds = (over: Partial<UsageFields> = {}): UsageFields => ({
  service: 'AmazonRDS',
  usageType: 'EU-InstanceUsage:db.m5.large',
  operation: 'CreateDBInstance:0002',
  resource: 'arn:aws:rds:eu-west-1:777788889999:db:d',
  ...over,
});
const testDb = (over: Partial<UsageFields> = {}): UsageFields => rds({ tags: DEV, ...over });
const cache = (type: string): UsageFields => ({
  service: 'AmazonElastiCache',
  usageType: `NodeUsage:cache.${type}`,
  resource: 'cache',
});
const search = (type: string): UsageFields => ({
  service: 'AmazonES',
  usageType: `USE1-ESInstance:${type}`,
  resource: 'domain',
});
const reserved = { lineType: 'DiscountedUsage', columns: { reservation_effective_cost: 1 } };
/** MySQL, PostgreSQL, Aurora MySQL, MariaDB, Aurora PostgreSQL. */
const OPEN_SOURCE = ['0002', '0014', '0016', '0018', '0021'];

describeChecks({
  'never-off-database': {
    'all hours of the month': {
      lines: daily(30, testDb()),
      finds: [{ cost: 30, saving: (30 * 118) / 168, evidence: 'ran 720 h in 30 days, environment staging' }],
    },
    'in two zones, 95 % of the hours': {
      lines: daily(30, testDb({ usageType: 'Multi-AZUsage:db.m5.large', amount: 22.9 })),
      finds: [{ cost: 30 }],
    },
    'DocumentDB and Neptune, two weeks': {
      lines: ['AmazonDocDB', 'AmazonNeptune'].flatMap((service) => daily(14, testDb({ service, resource: service }))),
      finds: [{ resource: 'AmazonDocDB', cost: 14 }, { resource: 'AmazonNeptune' }],
    },
    'a monthly report': { lines: [wholeMonth(testDb({ amount: 720 }))], finds: [{ cost: 1 }] },
    'off at night': { lines: daily(30, testDb({ amount: 19 })) },
    'off at times': { lines: daily(30, testDb({ amount: 22.5 })) },
    '12 days': { lines: daily(12, testDb()) },
    production: { lines: daily(30, testDb({ tags: { user_environment: 'prod' } })) },
    'its storage': { lines: daily(30, testDb({ usageType: 'RDS:GP2-Storage' })) },
    serverless: { lines: daily(30, testDb({ usageType: 'Aurora:ServerlessV2Usage' })) },
    reserved: { lines: daily(30, testDb(reserved)) },
    'not tagged': { lines: daily(30, rds()), status: 'cannot-be-told' },
    Redshift: { lines: daily(30, testDb({ service: 'AmazonRedshift' })), status: 'no-such-usage' },
  },
  'graviton-database': {
    ...Object.fromEntries(
      OPEN_SOURCE.map((code) => [
        `an engine of open source, ${code}`,
        {
          lines: daily(2, rds({ operation: `CreateDBInstance:${code}` })),
          finds: [{ cost: 2, saving: 0.2, evidence: '48 h of db.m5.large' }],
        },
      ]),
    ),
    ...Object.fromEntries(
      ['t3', 'r5', 'c5'].map((family) => [
        `in two zones, ${family}`,
        {
          lines: [onDay(1, rds({ usageType: `Multi-AZUsage:db.${family}.large` }))],
          finds: [{ saving: 0.1, evidence: `24 h of db.${family}.large` }],
        },
      ]),
    ),
    'a cache': { lines: [onDay(1, cache('r5.large'))], finds: [{ saving: 0.05, evidence: '24 h of cache.r5.large' }] },
    'a search domain': {
      lines: [onDay(1, search('m5.large'))],
      finds: [{ saving: 0.05, evidence: '24 h of m5.large' }],
    },
    'no id, of two services in one region': {
      lines: [onDay(1, { ...cache('r5.large'), resource: '' }), onDay(1, rds({ resource: '' }))],
      finds: [{ resource: '', cost: 2, saving: 0.15 }],
    },
    'Graviton already': {
      lines: [
        onDay(1, rds({ usageType: 'InstanceUsage:db.m6g.large' })),
        onDay(1, cache('t4g.small')),
        onDay(1, search('r6gd.large')),
      ],
    },
    Oracle: { lines: [onDay(1, rds({ operation: 'CreateDBInstance:0020' }))] },
    'a family that has none': { lines: [onDay(1, rds({ usageType: 'InstanceUsage:db.x1e.large' }))] },
    'burstable search': { lines: [onDay(1, search('t3.small'))] },
    reserved: { lines: [onDay(1, rds(reserved))] },
    'storage of each': {
      lines: [
        onDay(1, rds({ usageType: 'RDS:GP2-Storage.m5' })),
        onDay(1, { ...search('m5.large'), usageType: 'ES:GP2-Storage' }),
        onDay(1, { ...cache('m5.large'), usageType: 'BackupUsage:m5.m5' }),
      ],
    },
    'another service': { lines: [onDay(1, rds({ service: 'AmazonNeptune' }))], status: 'no-such-usage' },
  },
});
