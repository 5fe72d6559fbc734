import { describeChecks } from './describeChecks.ts';
import type { ReportLine } from './reportLines.ts';
import { daily, hourly, onDay, type UsageFields, wholeMonth } from './usageLines.ts';

const table = { service: 'AmazonDynamoDB', resource: 'table' };
const storage = { ...table, usageType: 'TimedStorage-ByteHrs', operation: 'StandardStorage', amount: 2 };
const reads = { ...table, usageType: 'ReadRequestUnits', operation: 'PayPerRequestThroughput', amount: 100 };
const writes = { ...reads, usageType: 'USW2-WriteRequestUnits' };
const capacity = { ...table, usageType: 'ReadCapacityUnit-Hrs', operation: 'CommittedThroughput' };
const rareStorage = { ...storage, usageType: 'USE1-IA-TimedStorage-ByteHrs', operation: 'IAStorage' };
const rareReads = { ...reads, usageType: 'IA-ReadRequestUnits' };
const rareCapacity = { ...capacity, usageType: 'IA-WriteCapacityUnit-Hrs' };
const recovery = { ...storage, usageType: 'USE1-TimedPITRStorage-ByteHrs', operation: 'PITR' };
const backup = { ...storage, usageType: 'TimedBackupStorage-ByteHrs', operation: 'OnDemandBackup' };
const stream = { ...table, usageType: 'USE1-Streams-Requests', operation: 'GetRecords', amount: 500 };

/** Hours of `amount` request units each, of `peak` in the first, a millionth of a dollar a unit. */
function steady(hours: number, amount: number, peak: number, fields: UsageFields = reads): ReportLine[] {
  const [first, ...others] = hourly(hours, { ...fields, amount, cost: amount / 1_000_000 });
  const peaking = { line_item_usage_amount: peak, line_item_unblended_cost: peak / 1_000_000 };
  return [{ ...first, columns: { ...first?.columns, ...peaking } }, ...others];
}

/** What capacity for this busiest hour costs in all hours, at steady()'s prices. */
function provisioned(hours: number, peak: number): number {
  return ((peak / (3600 * 0.7)) * 1040 * hours) / 1_000_000;
}

describeChecks({
  'dynamodb-on-demand-to-provisioned': {
    'the same use in every hour': {
      lines: steady(400, 1000, 1000),
      finds: [
        {
          resource: 'table',
          region: 'us-east-1',
          cost: 0.4,
          saving: 0.4 - provisioned(400, 1000),
          evidence: '1000 request units an hour, at most 1000',
        },
      ],
    },
    'reads and writes together, of which only the reads are steady': {
      lines: [...steady(400, 1000, 1000), ...steady(400, 100, 500, writes)],
      finds: [
        {
          cost: 0.4404,
          saving: 0.4404 - provisioned(400, 1000) - provisioned(400, 500),
          evidence: '1101 request units an hour, at most 1500',
        },
      ],
    },
    'a busiest hour of 2.4 times the average': {
      lines: steady(401, 1000, 2400),
      finds: [{ cost: 0.4024, saving: 0.4024 - provisioned(401, 2400) }],
    },
    'covered by a plan in part': {
      lines: [
        ...steady(400, 1000, 1000),
        ...hourly(400, {
          ...reads,
          amount: 1000,
          lineType: 'SavingsPlanCoveredUsage',
          columns: { savings_plan_savings_plan_effective_cost: 0.0008 },
        }),
      ],
      finds: [
        { cost: 0.72, saving: 0.4 - provisioned(400, 1000), evidence: '2000 request units an hour, at most 2000' },
      ],
    },
    '338 hours': { lines: steady(338, 1000, 1000), finds: [{ cost: 0.338 }] },
    '336 hours and not one more': { lines: steady(336, 1000, 1000) },
    'a busiest hour of 2.5 times the average': { lines: steady(400, 1000, 2500) },
    'capacity that is provisioned': { lines: hourly(400, capacity) },
    'requests to streams': { lines: hourly(400, { ...stream, operation: 'PayPerRequestThroughput' }) },
    'writes that say another operation': { lines: hourly(400, { ...writes, operation: 'ExportTable' }) },
    'day by day': { lines: daily(30, { ...reads, amount: 1000 }), status: 'cannot-be-told' },
    'no id': { lines: steady(400, 1000, 1000, { ...reads, resource: '' }), status: 'cannot-be-told' },
    'of another service': { lines: hourly(400, { ...reads, service: 'AmazonKeyspaces' }), status: 'no-such-usage' },
  },

  'dynamodb-infrequent-access': {
    'storage for ten times what requests cost': {
      lines: [...daily(10, storage), ...daily(10, { ...reads, cost: 0.1 })],
      finds: [
        {
          resource: 'table',
          cost: 11,
          saving: 6 - 0.25,
          evidence: '20.00 GB-months for 10.00, reads and writes for 1.00',
        },
      ],
    },
    'provisioned capacity, for 2.3 times of storage': {
      lines: [...daily(10, storage), ...daily(10, { ...capacity, cost: 2.3 })],
      finds: [{ cost: 33, saving: 6 - 5.75 }],
    },
    'reserved capacity counts at its list price': {
      lines: [
        ...daily(10, storage),
        ...daily(10, {
          ...capacity,
          lineType: 'DiscountedUsage',
          columns: { reservation_effective_cost: 0.5, pricing_public_on_demand_cost: 2 },
        }),
      ],
      finds: [{ cost: 15, saving: 6 - 5 }],
    },
    'no id: by region': {
      lines: [
        ...daily(10, { ...storage, resource: '' }),
        ...daily(10, { ...storage, resource: '', region: 'eu-west-1' }),
        ...daily(10, { ...writes, resource: '', region: 'eu-west-1', cost: 3 }),
      ],
      finds: [{ resource: '', region: 'us-east-1', cost: 10, saving: 6 }],
    },
    'requests for 2.5 times of storage': { lines: [...daily(10, storage), ...daily(10, { ...reads, cost: 2.5 })] },
    'storage of the free tier': { lines: [...daily(10, { ...storage, cost: 0 }), ...daily(10, reads)] },
    'Standard-IA already': { lines: [...daily(10, rareStorage), ...daily(10, { ...rareReads, cost: 0.1 })] },
    'only backups': { lines: [...daily(10, backup), ...daily(10, recovery)] },
    'S3, whose storage has the same usage type': {
      lines: daily(10, { ...storage, service: 'AmazonS3' }),
      status: 'no-such-usage',
    },
  },

  'dynamodb-infrequent-access-regret': {
    'requests for ten times what storage costs': {
      lines: [...daily(10, rareStorage), ...daily(10, { ...rareReads, cost: 10 })],
      finds: [
        {
          resource: 'table',
          cost: 110,
          saving: 20 - 15,
          evidence: 'storage for 10.00, reads and writes for 100.00 in Standard-IA',
        },
      ],
    },
    'provisioned capacity, for 8 times of storage': {
      lines: [...daily(10, rareStorage), ...daily(10, { ...rareCapacity, cost: 8 })],
      finds: [{ cost: 90, saving: 16 - 15 }],
    },
    'a table that was changed to Standard in the month': {
      lines: [
        ...daily(10, rareStorage),
        ...daily(10, { ...rareReads, cost: 8 }),
        ...daily(10, storage),
        ...daily(10, reads),
      ],
      finds: [{ cost: 90, saving: 1 }],
    },
    'requests for 7 times of storage': { lines: [...daily(10, rareStorage), ...daily(10, { ...rareReads, cost: 7 })] },
    Standard: { lines: [...daily(10, storage), ...daily(10, { ...reads, cost: 10 })] },
    'covered by a plan': {
      lines: [
        ...daily(10, rareStorage),
        ...daily(10, {
          ...rareReads,
          lineType: 'SavingsPlanCoveredUsage',
          columns: { savings_plan_savings_plan_effective_cost: 10 },
        }),
      ],
    },
    'of another service': { lines: daily(10, { ...rareReads, service: 'AmazonS3' }), status: 'no-such-usage' },
  },

  'unused-dynamodb-table': {
    'nothing but storage': {
      lines: daily(15, storage),
      finds: [
        { resource: 'table', cost: 15, saving: 15, evidence: '30.00 GB-months without a read or write in 15 days' },
      ],
    },
    'storage, backups and a stream that is polled': {
      lines: [...daily(30, storage), ...daily(30, recovery), onDay(1, stream)],
      finds: [{ cost: 61, saving: 61 }],
    },
    'in a monthly report': {
      lines: [wholeMonth(storage)],
      finds: [{ cost: 1, evidence: '2.00 GB-months without a read or write' }],
    },
    'of Standard-IA, with requests of the amount 0': {
      lines: [...daily(30, rareStorage), onDay(1, { ...rareReads, amount: 0, cost: 0 })],
      finds: [{ cost: 30 }],
    },
    '13 days': { lines: daily(13, storage) },
    'one write': { lines: [...daily(30, storage), onDay(4, { ...writes, amount: 1, cost: 0 })] },
    'provisioned capacity': { lines: [...daily(30, storage), ...daily(30, { ...capacity, cost: 0 })] },
    'a backup whose table is gone': { lines: daily(30, backup) },
    'no id': { lines: daily(30, { ...storage, resource: '' }), status: 'cannot-be-told' },
    'S3, whose storage has the same usage type': {
      lines: daily(30, { ...storage, service: 'AmazonS3' }),
      status: 'no-such-usage',
    },
  },

  'dynamodb-backup-share': {
    'recovery and backups of a table': {
      lines: [...daily(10, storage), ...daily(10, { ...recovery, cost: 0.5 }), ...daily(10, { ...backup, cost: 0.25 })],
      finds: [
        {
          resource: '',
          region: 'us-east-1',
          cost: 7.5,
          saving: null,
          evidence: '20.00 GB-months of point-in-time recovery, 20.00 of backups, 20.00 of tables',
        },
      ],
    },
    'recovery of Standard-IA': {
      lines: [...daily(10, rareStorage), ...daily(10, { ...recovery, amount: 1.1 })],
      finds: [{ cost: 10 }],
    },
    'backups of tables that are gone': {
      lines: daily(10, backup),
      finds: [{ cost: 10, evidence: '0.00 GB-months of point-in-time recovery, 20.00 of backups, 0.00 of tables' }],
    },
    'three backups of it': {
      lines: [...daily(10, storage), ...daily(10, { ...backup, amount: 6 })],
      finds: [{ cost: 10 }],
    },
    'recovery alone': { lines: [...daily(10, storage), ...daily(10, recovery)] },
    'two backups': { lines: [...daily(10, storage), ...daily(10, { ...backup, amount: 4.5 })] },
    'recovery of tables of which some are Standard-IA': {
      lines: [...daily(10, storage), ...daily(10, rareStorage), ...daily(10, { ...recovery, amount: 3.4 })],
    },
    'only tables': { lines: daily(10, storage) },
    'AWS Backup of another service': { lines: daily(10, { ...backup, service: 'AWSBackup' }), status: 'no-such-usage' },
  },
});
