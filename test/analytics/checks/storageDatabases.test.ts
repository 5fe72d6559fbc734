import { describeChecks } from './describeChecks.ts';
import { daily, onDay, type UsageFields } from './usageLines.ts';

const db = (usageType: string, fields: Partial<UsageFields> = {}) =>
  onDay(3, { service: 'AmazonRDS', usageType, resource: 'db', cost: 100, ...fields });
const found = (saving: number, evidence: string) => [{ resource: 'db', cost: 100, saving, evidence }];
const GP2 = 'gp2 storage for 100.00, io1 storage for 0.00, io1 IOPS for 0.00';
const IO1 = 'gp2 storage for 0.00, io1 storage for 100.00, io1 IOPS for 0.00';
const IOPS = 'gp2 storage for 0.00, io1 storage for 0.00, io1 IOPS for 100.00';

const backup = { service: 'AmazonRDS', usageType: 'USE2-RDS:ChargedBackupUsage', region: 'us-east-2', amount: 0.5 };
const instance = { ...backup, resource: 'db', usageType: 'USE2-InstanceUsage:db.t3.micro' };

describeChecks({
  'rds-opensearch-gp2-io1': {
    'RDS gp2 costs what gp3 does': { lines: [db('RDS:GP2-Storage')], finds: found(0, GP2) },
    'in two zones, in another region': { lines: [db('EU-RDS:Multi-AZ-GP2-Storage')], finds: found(0, GP2) },
    'OpenSearch gp2': { lines: [db('ES:GP2-Storage', { service: 'AmazonES' })], finds: found(9.6, GP2) },
    'io1 storage': { lines: [db('RDS:Multi-AZ-PIOPS-Storage')], finds: found(8, IO1) },
    'io1 IOPS': { lines: [db('RDS:PIOPS')], finds: found(80, IOPS) },
    'io1 IOPS of a search domain': {
      lines: [db('USW2-ES:PIOPS', { service: 'AmazonES' })],
      finds: found(80, IOPS),
    },
    'changed from one to the other': {
      lines: [db('RDS:GP2-Storage'), db('RDS:PIOPS')],
      finds: [{ cost: 200, saving: 80, evidence: 'gp2 storage for 100.00, io1 storage for 0.00, io1 IOPS for 100.00' }],
    },
    'no id, by region': {
      lines: [db('RDS:PIOPS', { resource: '' }), db('EU-RDS:PIOPS', { resource: '', region: 'eu-west-1' })],
      finds: [
        { resource: '', region: 'eu-west-1', saving: 80 },
        { resource: '', region: 'us-east-1', saving: 80 },
      ],
    },
    gp3: { lines: [db('RDS:GP3-Storage')] },
    'IOPS of gp3': { lines: [db('RDS:GP3-PIOPS')] },
    'IOPS of io2': { lines: [db('RDS:IO2-PIOPS')] },
    'magnetic requests': { lines: [db('RDS:StorageIOUsage')] },
    'IOPS of gp3 of a search domain': { lines: [db('ES:GP3-PIOPS', { service: 'AmazonES' })] },
    'a volume of EC2': { lines: [db('EBS:VolumeP-IOPS', { service: 'AmazonEC2' })], status: 'no-such-usage' },
  },

  'rds-orphaned-backups': {
    // As in October 2018 in the real report of a workshop.
    'no id, and databases in another region only': {
      lines: [...daily(30, backup), ...daily(30, { ...instance, region: 'us-east-1' })],
      finds: [
        {
          resource: '',
          region: 'us-east-2',
          cost: 30,
          saving: 30,
          evidence: '15.00 GB-months of backups, no database in the region',
        },
      ],
    },
    'with an id, some lines of which name no region': {
      lines: [onDay(3, { ...backup, resource: 's' }), onDay(4, { ...backup, resource: 's', region: '' })],
      finds: [{ resource: 's', region: 'us-east-2', cost: 2, saving: 2 }],
    },
    'of Aurora, with data transfer only': {
      lines: [
        onDay(3, { ...backup, resource: 'c', usageType: 'USE2-Aurora:BackupUsage' }),
        onDay(3, { ...backup, resource: 'c', usageType: 'USE2-DataTransfer-Out-Bytes' }),
      ],
      finds: [{ resource: 'c', cost: 1 }],
    },
    'no region, and no database anywhere': {
      lines: [onDay(3, { ...backup, region: '' })],
      finds: [{ resource: '', region: '', cost: 1 }],
    },
    'a database in the region': { lines: [...daily(30, backup), onDay(3, instance)] },
    'a stopped database': {
      lines: [...daily(30, backup), onDay(3, { ...instance, usageType: 'USE2-RDS:GP3-Storage' })],
    },
    'a database that names no region': { lines: [onDay(3, backup), onDay(3, { ...instance, region: '' })] },
    'no region, and a database somewhere': { lines: [onDay(3, { ...backup, region: '' }), onDay(3, instance)] },
    'within the free allowance': { lines: daily(30, { ...backup, cost: 0 }) },
    'of another service': { lines: daily(30, { ...backup, service: 'AmazonDocDB' }), status: 'no-such-usage' },
  },
});
