import { describeChecks } from './describeChecks.ts';
import { daily, onDay, wholeMonth } from './usageLines.ts';

const cluster = { service: 'AmazonRDS', operation: 'CreateDBInstance', resource: 'cluster-1' };
const io = { ...cluster, usageType: 'EU-Aurora:StorageIOUsage', amount: 5_000_000, cost: 10 };
const storage = { ...cluster, usageType: 'Aurora:StorageUsage', amount: 10, cost: 1 };
const instance = {
  service: 'AmazonRDS',
  usageType: 'InstanceUsage:db.r6g.large',
  operation: 'CreateDBInstance:0016',
  resource: 'instance-1',
  cost: 20,
  product: { database_engine: 'Aurora MySQL' },
};
const serverless = { ...instance, usageType: 'Aurora:ServerlessV2Usage' };
const multiAz = {
  service: 'AmazonRDS',
  usageType: 'USE2-Multi-AZUsage:db.m5.large',
  resource: 'db',
  cost: 2,
  tags: { user_environment: 'Staging' },
};
const multiAzStorage = { ...multiAz, usageType: 'RDS:Multi-AZ-GP3-Storage', amount: 3, cost: 1 };
const oracle = {
  service: 'AmazonRDS',
  usageType: 'InstanceUsage:db.m5.large',
  resource: 'db',
  cost: 10,
  product: { license_model: 'License included', database_engine: 'Oracle', instance_type: 'db.m5.large' },
};
const sqlServer = { ...oracle, product: { ...oracle.product, database_engine: 'SQL Server' } };

describeChecks({
  'aurora-io-optimized': {
    'one cluster with much I/O': {
      lines: [...daily(10, io), ...daily(10, storage), ...daily(10, instance)],
      finds: [
        {
          resource: 'cluster-1',
          region: 'us-east-1',
          cost: 110,
          saving: 100 - 60 - 12.5,
          evidence: '50.00 million I/O for 100.00; in the region instances for 200.00, storage for 10.00, 1 cluster',
        },
      ],
    },
    'serverless, just dear enough': {
      lines: [...daily(10, { ...io, cost: 7.5 }), ...daily(10, storage), ...daily(10, serverless)],
      finds: [{ cost: 85, saving: 75 - 60 - 12.5 }],
    },
    'two clusters: by their I/O': {
      lines: [
        ...daily(10, io),
        ...daily(10, { ...io, resource: 'cluster-2', cost: 30 }),
        ...daily(10, instance),
        ...daily(10, { ...io, resource: 'cluster-3', region: 'eu-west-1', cost: 1 }),
      ],
      finds: [
        { resource: 'cluster-1', cost: 100, saving: (400 - 60) / 4 },
        {
          resource: 'cluster-2',
          cost: 300,
          saving: ((400 - 60) * 3) / 4,
          evidence: '50.00 million I/O for 300.00; in the region instances for 200.00, storage for 0.00, 2 clusters',
        },
      ],
    },
    'an instance that is reserved counts at its list price': {
      lines: [
        ...daily(10, io),
        ...daily(10, {
          ...instance,
          lineType: 'DiscountedUsage',
          columns: { reservation_effective_cost: 10, pricing_public_on_demand_cost: 30 },
        }),
      ],
      finds: [{ cost: 100, saving: 100 - 90 }],
    },
    'in the balance, by the instances': {
      lines: [...daily(10, { ...io, cost: 7.2 }), ...daily(10, storage), ...daily(10, instance)],
    },
    'much storage': {
      lines: [...daily(10, io), ...daily(10, { ...storage, cost: 10 }), ...daily(10, instance)],
    },
    'no instance of Aurora is known': {
      lines: [...daily(10, io), ...daily(10, { ...instance, product: { database_engine: 'MySQL' } })],
    },
    'I/O-Optimized already': {
      lines: [
        ...daily(10, { ...storage, usageType: 'Aurora:IO-OptimizedStorageUsage', cost: 100 }),
        ...daily(10, { ...instance, usageType: 'InstanceUsageIOOptimized:db.r6g.large' }),
      ],
    },
    'no engine anywhere': { lines: [...daily(10, io), ...daily(10, storage)], status: 'cannot-be-told' },
    'Neptune, whose I/O costs as well': {
      lines: [
        ...daily(10, { ...io, service: 'AmazonNeptune' }),
        ...daily(10, { ...instance, service: 'AmazonNeptune' }),
      ],
      status: 'no-such-usage',
    },
  },

  'multi-az-non-production': {
    'instance and storage of staging': {
      lines: [...daily(10, multiAz), ...daily(10, multiAzStorage)],
      finds: [{ resource: 'db', cost: 30, saving: 15, evidence: '240 h of Multi-AZ, environment staging' }],
    },
    'reserved in part': {
      lines: [
        ...daily(10, multiAz),
        ...daily(10, { ...multiAz, lineType: 'DiscountedUsage', columns: { reservation_effective_cost: 1 } }),
      ],
      finds: [{ cost: 30, saving: 10 }],
    },
    'provisioned IOPS in a monthly report': {
      lines: [wholeMonth({ ...multiAzStorage, usageType: 'RDS:Multi-AZ-PIOPS', tags: { user_environment: 'qa' } })],
      finds: [{ cost: 1, saving: 0.5, evidence: '0 h of Multi-AZ, environment qa' }],
    },
    production: { lines: daily(10, { ...multiAz, tags: { user_environment: 'prod' } }) },
    'no tag': { lines: daily(10, { ...multiAz, tags: {} }), status: 'cannot-be-told' },
    'a single zone': {
      lines: [
        ...daily(10, { ...multiAz, usageType: 'USE2-InstanceUsage:db.m5.large' }),
        ...daily(10, { ...multiAz, usageType: 'RDS:GP3-Storage' }),
      ],
    },
    'a cluster with two readable stand-bys': {
      lines: [
        ...daily(10, { ...multiAz, usageType: 'Multi-AZClusterUsage:db.m5d.large' }),
        ...daily(10, { ...multiAz, usageType: 'RDS:Multi-AZCluster-GP3-Storage' }),
      ],
    },
    'of another service': { lines: daily(10, { ...multiAz, service: 'AmazonDocDB' }), status: 'no-such-usage' },
  },

  'licence-included-database': {
    Oracle: {
      lines: daily(10, oracle),
      finds: [
        { resource: 'db', cost: 100, saving: 15, evidence: '240 h of Oracle with the licence included, db.m5.large' },
      ],
    },
    'SQL Server, Multi-AZ, reserved in part': {
      lines: [
        ...daily(10, { ...sqlServer, usageType: 'EU-Multi-AZUsage:db.m5.large' }),
        ...daily(10, { ...sqlServer, lineType: 'DiscountedUsage', columns: { reservation_effective_cost: 5 } }),
      ],
      finds: [{ cost: 150, saving: 25 }],
    },
    'no id and no instance type': {
      lines: [onDay(1, { ...sqlServer, resource: '', product: { ...sqlServer.product, instance_type: '' } })],
      finds: [{ resource: '', cost: 10, saving: 2.5, evidence: '24 h of SQL Server with the licence included' }],
    },
    'licences of one’s own': {
      lines: daily(10, { ...oracle, product: { ...oracle.product, license_model: 'Bring your own license' } }),
    },
    'an engine without a licence': {
      lines: daily(10, { ...oracle, product: { ...oracle.product, database_engine: 'PostgreSQL' } }),
    },
    'its storage': { lines: daily(10, { ...oracle, usageType: 'RDS:GP3-Storage' }) },
    'the report has no licence model': {
      lines: daily(10, { ...oracle, product: { database_engine: 'Oracle' } }),
      status: 'cannot-be-told',
    },
    'of another service': { lines: daily(10, { ...oracle, service: 'AmazonEC2' }), status: 'no-such-usage' },
  },
});
