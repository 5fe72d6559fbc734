import { describeChecks } from './describeChecks.ts';
import { daily, onDay, wholeMonth } from './usageLines.ts';

const cloudWatch = { service: 'AmazonCloudWatch', resource: 'log-group' };
const ingestion = { ...cloudWatch, usageType: 'USE1-DataProcessing-Bytes', operation: 'PutLogEvents', amount: 2 };
const vended = { ...cloudWatch, usageType: 'VendedLog-Bytes-CFLogs', operation: 'PutLogEvents', amount: 4 };
const rareIngestion = { ...ingestion, usageType: 'DataProcessingIA-Bytes' };
const rareVended = { ...vended, usageType: 'USE1-VendedLogIA-Bytes' };
const storage = { ...cloudWatch, usageType: 'TimedStorage-ByteHrs', operation: 'HourlyStorageMetering', amount: 10 };
const metrics = {
  service: 'AmazonCloudWatch',
  usageType: 'USW2-CW:MetricMonitorUsage',
  operation: 'MetricStorage:AWS/EC2',
  resource: 'instance',
  amount: 0.2,
};
const machine = { service: 'AmazonEC2', usageType: 'BoxUsage:m5.large', resource: 'i-1' };

describeChecks({
  'ec2-detailed-monitoring': {
    'of an instance': {
      lines: [...daily(10, metrics), ...daily(10, machine)],
      finds: [{ resource: 'instance', cost: 10, saving: 10, evidence: '2.00 metric-months of detailed monitoring' }],
    },
    'beyond the free tier alone': {
      lines: [...daily(3, { ...metrics, cost: 0 }), ...daily(2, metrics)],
      finds: [{ cost: 2, saving: 2 }],
    },
    'of two instances, in a monthly report': {
      lines: [wholeMonth(metrics), wholeMonth({ ...metrics, resource: 'other' })],
      finds: [{ resource: 'instance' }, { resource: 'other' }],
    },
    'within the free tier': { lines: daily(30, { ...metrics, cost: 0 }) },
    'metrics of its own': { lines: daily(30, { ...metrics, operation: 'MetricStorage' }) },
    alarms: { lines: daily(30, { ...metrics, usageType: 'CW:AlarmMonitorUsage' }) },
    'of another service': { lines: daily(30, { ...metrics, service: 'AmazonEC2' }), status: 'no-such-usage' },
  },

  'log-infrequent-access': {
    'of an application': {
      lines: daily(10, ingestion),
      finds: [{ resource: 'log-group', cost: 10, saving: 5, evidence: '20.00 GB taken in' }],
    },
    'of a service, with some storage': {
      lines: [...daily(10, vended), ...daily(10, storage)],
      finds: [{ cost: 10, saving: 5, evidence: '40.00 GB taken in' }],
    },
    'no id: by region': {
      lines: [
        onDay(1, { ...ingestion, resource: '' }),
        onDay(1, { ...ingestion, resource: '', region: 'eu-west-1', cost: 3 }),
      ],
      finds: [
        { region: 'eu-west-1', cost: 3 },
        { region: 'us-east-1', cost: 1 },
      ],
    },
    'Infrequent Access already': { lines: [...daily(10, rareIngestion), ...daily(10, rareVended)] },
    'only storage': { lines: daily(10, storage) },
    'within the free tier': { lines: daily(10, { ...ingestion, cost: 0 }) },
    'delivered to S3': { lines: daily(10, { ...vended, usageType: 'USE1-S3-Egress-Bytes' }) },
    'S3, which has such a usage type': {
      lines: daily(10, { ...ingestion, service: 'AmazonS3' }),
      status: 'no-such-usage',
    },
  },

  'logs-without-expiry': {
    'two years of logs': {
      lines: [...daily(10, { ...storage, amount: 7.2 }), ...daily(10, ingestion)],
      finds: [
        {
          resource: 'log-group',
          cost: 10,
          saving: 10 * (1 - 3 / 24),
          evidence: '72.00 GB-months stored, 20.00 GB taken in: about 24 months of logs',
        },
      ],
    },
    'just more than a year of vended logs': {
      lines: [...daily(10, { ...storage, amount: 7.3 }), ...daily(10, vended)],
      finds: [{ cost: 10, evidence: '73.00 GB-months stored, 40.00 GB taken in: about 12 months of logs' }],
    },
    'storage without an id, against all that its region takes in': {
      lines: [
        ...daily(10, { ...storage, resource: '' }),
        ...daily(10, ingestion),
        ...daily(10, { ...ingestion, region: 'eu-west-1', resource: 'other', amount: 50 }),
      ],
      finds: [
        {
          resource: '',
          region: 'us-east-1',
          cost: 10,
          evidence: '100.00 GB-months stored, 20.00 GB taken in: about 33 months of logs',
        },
      ],
    },
    'of the class Infrequent Access': {
      lines: [...daily(10, storage), ...daily(10, rareIngestion)],
      finds: [{ cost: 10 }],
    },
    'just less than a year': { lines: [...daily(10, { ...storage, amount: 3.5 }), ...daily(10, ingestion)] },
    'just less than a year, of vended logs': { lines: [...daily(10, { ...storage, amount: 7 }), ...daily(10, vended)] },
    'takes in nothing': { lines: daily(10, storage) },
    'storage without an id, of which another log group takes in enough': {
      lines: [...daily(10, { ...storage, resource: '' }), ...daily(10, { ...ingestion, amount: 6 })],
    },
    'S3, whose storage has the same usage type': {
      lines: [...daily(10, { ...storage, service: 'AmazonS3' }), ...daily(10, { ...ingestion, service: 'AmazonS3' })],
      status: 'no-such-usage',
    },
  },

  'high-log-cost': {
    'half of the account': {
      lines: [
        ...daily(10, { ...ingestion, cost: 2 }),
        ...daily(10, { ...vended, resource: 'other' }),
        ...daily(10, { ...storage, resource: '' }),
        ...daily(10, { ...machine, cost: 4 }),
      ],
      finds: [
        {
          resource: '',
          region: 'us-east-1',
          cost: 40,
          saving: null,
          evidence:
            '50 % of the account: 20.00 GB taken in, 40.00 GB vended, 100.00 GB-months stored, most by log-group',
        },
      ],
    },
    'eleven per cent, no ids': {
      lines: [...daily(10, { ...ingestion, resource: '', cost: 1.1 }), ...daily(10, { ...machine, cost: 8.9 })],
      finds: [{ cost: 11, evidence: '11 % of the account: 20.00 GB taken in, 0.00 GB vended, 0.00 GB-months stored' }],
    },
    'of one account of two': {
      lines: [
        ...daily(10, { ...rareIngestion, account: '111111111111', cost: 1.1 }),
        ...daily(10, { ...rareVended, account: '222222222222', cost: 1.1 }),
        ...daily(10, { ...machine, account: '222222222222', cost: 30 }),
      ],
      finds: [{ account: '111111111111', cost: 11 }],
    },
    'nine per cent': { lines: [...daily(10, { ...ingestion, cost: 9 }), ...daily(10, { ...machine, cost: 91 })] },
    'all of a small account': { lines: daily(9, ingestion) },
    metrics: { lines: daily(30, metrics) },
    'deliveries to S3': { lines: daily(30, { ...vended, usageType: 'USE1-S3-Egress-Bytes' }) },
    'S3, which has such usage types': {
      lines: [...daily(30, { ...storage, service: 'AmazonS3' }), ...daily(30, { ...ingestion, service: 'AmazonS3' })],
      status: 'no-such-usage',
    },
  },
});
