import { describeChecks } from './describeChecks.ts';
import { daily, onDay, wholeMonth } from './usageLines.ts';

const rds = {
  service: 'AmazonRDS',
  usageType: 'ExtendedSupport:Yr1-Yr2:MySQL8.0',
  resource: 'db',
  amount: 48,
  cost: 4.8,
};
const eks = {
  service: 'AmazonEKS',
  usageType: 'USE1-AmazonEKS-Hours:extendedSupport',
  operation: 'ExtendedSupport',
  resource: 'cluster',
  cost: 12,
};
const eksHours = { ...eks, usageType: 'USE1-AmazonEKS-Hours:perCluster', operation: 'CreateOperation', cost: 2.4 };
const search = { service: 'AmazonES', usageType: 'USE1-OpenSearchExtendedSupport', resource: 'domain', amount: 96 };
const searchHours = { ...search, usageType: 'ESInstance:m5.large' };
const cache = {
  service: 'AmazonElastiCache',
  usageType: 'USE1-ExtendedSupportYr1_Yr2-NodeUsage:cache.m6g.large',
  operation: 'CreateCacheCluster:0002',
  resource: 'cache',
};
const node = { ...cache, usageType: 'NodeUsage:cache.m6g.large' };
const serverless = {
  ...cache,
  usageType: 'USE1-CachedData:Redis',
  operation: 'CreateServerlessCache',
  product: { cache_engine: 'Redis' },
};

describeChecks({
  'rds-extended-support': {
    'MySQL 8.0 in its first year': {
      lines: [
        ...daily(10, rds),
        ...daily(10, { ...rds, usageType: 'InstanceUsage:db.m5.large', operation: 'CreateDBInstance:0002' }),
      ],
      finds: [
        {
          resource: 'db',
          region: 'us-east-1',
          cost: 48,
          saving: 48,
          evidence: '480.00 vCPU-h of extended support (Yr1-Yr2:MySQL8.0)',
        },
      ],
    },
    'Aurora in the third year, in another region': {
      lines: daily(2, { ...rds, usageType: 'EU-ExtendedSupport:Yr3:AuroraPostgreSQL11', region: 'eu-west-1' }),
      finds: [
        { region: 'eu-west-1', cost: 9.6, evidence: '96.00 vCPU-h of extended support (Yr3:AuroraPostgreSQL11)' },
      ],
    },
    'no id: by region': {
      lines: [onDay(1, { ...rds, resource: '' }), onDay(1, { ...rds, resource: '', region: 'eu-west-1', cost: 3 })],
      finds: [
        { resource: '', region: 'eu-west-1', cost: 3 },
        { resource: '', region: 'us-east-1', cost: 4.8 },
      ],
    },
    'a usage type without a version': {
      lines: [wholeMonth({ ...rds, usageType: 'ExtendedSupport' })],
      finds: [{ cost: 4.8, evidence: '48.00 vCPU-h of extended support' }],
    },
    'an instance of an old version, not yet charged': {
      lines: daily(30, { ...rds, usageType: 'InstanceUsage:db.m5.large' }),
    },
    'a credit for it': { lines: daily(3, { ...rds, lineType: 'Credit', cost: -4.8 }), status: 'no-such-usage' },
    'free of charge': { lines: daily(3, { ...rds, cost: 0 }) },
    'of another service': { lines: daily(3, { ...rds, service: 'AmazonDocDB' }), status: 'no-such-usage' },
  },

  'eks-extended-support': {
    'the surcharge beside the hours': {
      lines: [...daily(10, eks), ...daily(10, eksHours)],
      finds: [{ resource: 'cluster', cost: 120, saving: 120, evidence: '240 cluster-h of extended support' }],
    },
    'the surcharge for a part of the month': {
      lines: [...daily(2, eks, { firstDay: 20 }), ...daily(30, eksHours)],
      finds: [{ cost: 24, saving: 24, evidence: '48 cluster-h of extended support' }],
    },
    'one line of the whole price': {
      lines: daily(10, { ...eks, cost: 14.4 }),
      finds: [{ cost: 144, saving: 144 * 0.8333 }],
    },
    'standard support': { lines: daily(30, eksHours) },
    'nodes of the cluster, as another operation': {
      lines: daily(30, { ...eks, usageType: 'USE1-EKS-Auto:m5.large', operation: 'EKSAutoUsage' }),
    },
    'free of charge': { lines: daily(3, { ...eks, cost: 0 }) },
    'of another service': { lines: daily(3, { ...eks, service: 'AmazonRDS' }), status: 'no-such-usage' },
  },

  'opensearch-extended-support': {
    'beside the domain’s hours': {
      lines: [...daily(10, search), ...daily(10, searchHours)],
      finds: [
        { resource: 'domain', cost: 10, saving: 10, evidence: '960.00 normalized instance-h of extended support' },
      ],
    },
    'two domains': {
      lines: [
        onDay(1, search),
        onDay(1, { ...search, resource: 'other', usageType: 'APS1-OpenSearchExtendedSupport' }),
      ],
      finds: [{ resource: 'domain' }, { resource: 'other' }],
    },
    'covered by a plan in part': {
      lines: [
        ...daily(10, search),
        ...daily(10, {
          ...search,
          lineType: 'SavingsPlanCoveredUsage',
          columns: { savings_plan_savings_plan_effective_cost: 0.5 },
        }),
      ],
      finds: [{ cost: 15, saving: 10 }],
    },
    'a supported version': { lines: daily(30, searchHours) },
    'a tax on it': { lines: daily(3, { ...search, lineType: 'Tax' }), status: 'no-such-usage' },
    'of another service': { lines: daily(3, { ...search, service: 'AmazonRDS' }), status: 'no-such-usage' },
  },

  'elasticache-extended-support': {
    'beside the node’s hours': {
      lines: [...daily(10, cache), ...daily(10, node)],
      finds: [
        { resource: 'cache', cost: 10, saving: 10, evidence: '240 node-h of extended support (cache.m6g.large)' },
      ],
    },
    'in the third year': {
      lines: daily(5, { ...cache, usageType: 'EU-ExtendedSupportYr3-NodeUsage:cache.r6g.xlarge' }),
      finds: [{ cost: 5, evidence: '120 node-h of extended support (cache.r6g.xlarge)' }],
    },
    'no id': { lines: daily(5, { ...cache, resource: '' }), finds: [{ resource: '', cost: 5 }] },
    'a usage type without a node type': {
      lines: daily(1, { ...cache, usageType: 'ExtendedSupport' }),
      finds: [{ evidence: '24 node-h of extended support' }],
    },
    'a supported version': { lines: daily(30, node) },
    'the surcharge for durability': {
      lines: daily(30, { ...node, usageType: 'USE1-SyncDurability-NodeUsage:cache.m6g.large' }),
    },
    'of another service': { lines: daily(3, { ...cache, service: 'AmazonMemoryDB' }), status: 'no-such-usage' },
  },

  'redis-to-valkey': {
    'a node': {
      lines: [...daily(10, node), ...daily(10, cache)],
      finds: [{ resource: 'cache', cost: 10, saving: 2, evidence: '240 node-h of Redis' }],
    },
    'a node known by its engine alone': {
      lines: daily(10, { ...node, operation: '', product: { cache_engine: 'Redis' } }),
      finds: [{ cost: 10, saving: 2 }],
    },
    'a serverless cache': {
      lines: [
        ...daily(10, serverless),
        ...daily(10, { ...serverless, usageType: 'USE1-ElastiCacheProcessingUnits:Redis', amount: 1000, cost: 2 }),
      ],
      finds: [{ cost: 30, saving: 9.9, evidence: '240.00 GB-h of serverless Redis' }],
    },
    'a node that is reserved for a part of the month': {
      lines: [
        ...daily(10, node),
        ...daily(10, { ...node, lineType: 'DiscountedUsage', columns: { reservation_effective_cost: 0.5 } }),
      ],
      finds: [{ cost: 15, saving: 2 }],
    },
    Memcached: { lines: daily(30, { ...node, operation: 'CreateCacheCluster:0001' }) },
    'Valkey already': {
      lines: [
        ...daily(30, { ...node, operation: 'CreateCacheCluster:Valkey', product: { cache_engine: 'Valkey' } }),
        ...daily(30, { ...serverless, usageType: 'USE1-CachedData:Valkey', product: { cache_engine: 'Valkey' } }),
      ],
    },
    'only the surcharge of extended support': { lines: daily(30, cache) },
    'on Outposts': { lines: daily(30, { ...node, usageType: 'USE1-Outpost-NodeUsage:cache.m6g.large' }) },
    backups: { lines: daily(30, { ...node, usageType: 'ElastiCache:BackupUsage' }) },
    MemoryDB: { lines: daily(30, { ...node, service: 'AmazonMemoryDB' }), status: 'no-such-usage' },
  },
});
