import { type CheckCase, describeChecks } from './describeChecks.ts';
import type { ReportLine } from './reportLines.ts';
import { daily, onDay, type UsageFields, type When, wholeMonth } from './usageLines.ts';

/** A day's line of the bucket: usage type and operation, 1.00 US dollars. */
const s3 = (usageType: string, operation = '', fields: Partial<UsageFields> = {}): UsageFields => ({
  service: 'AmazonS3',
  usageType,
  operation,
  resource: 'bucket',
  ...fields,
});
const requests = (operation: string, amount = 1, fields: Partial<UsageFields> = {}): UsageFields =>
  s3(`EU-Requests-Tier${operation.includes('Get') ? 2 : 1}`, operation, { amount, cost: 0.01, ...fields });
const standard = (fields: Partial<UsageFields> = {}): UsageFields =>
  s3('EU-TimedStorage-ByteHrs', 'StandardStorage', { amount: 10, cost: 0.23, ...fields });

const READS_AND_WRITES = [
  'PutObject',
  'PutObjectForRepl',
  'GetObject',
  'CopyObject',
  'UploadPart',
  'CompleteMultipartUpload',
];
/** Storage of this month, and something of two months before, so that there is a history. */
const quiet = [...daily(10, standard()), onDay(20, standard(), { monthsLater: -2 })];
const each = (name: string, lines: (operation: string) => ReportLine[]): Record<string, CheckCase> =>
  Object.fromEntries(READS_AND_WRITES.map((operation) => [`${operation} ${name}`, { lines: lines(operation) }]));
const before = (monthsLater: number, day: number): ReportLine[] => {
  const when: When = { monthsLater };
  return [...quiet, onDay(day, requests('GetObject'), when)];
};

const uploads = (begun: number, completed: number, fields: Partial<UsageFields> = {}): ReportLine[] => [
  onDay(3, requests('InitiateMultipartUpload', begun, fields)),
  onDay(9, requests('CompleteMultipartUpload', completed, fields)),
  onDay(9, requests('UploadPart', 7 * begun, fields)),
];

const replica = (days: number, gb: number): ReportLine[] => [
  ...daily(days, standard({ amount: gb / days, cost: 0.5 })),
  onDay(3, requests('PutObjectForRepl', 1200)),
];

/** What a bucket of 300 GB sees in so many weeks and days. */
const seen = (tier1: number, tier2: number, gb: number, days = 28): ReportLine[] => [
  ...daily(days, standard({ amount: 300 / days })),
  onDay(3, s3('Requests-Tier1', 'ListBucket', { amount: tier1, cost: 0.01 })),
  onDay(3, s3('Requests-SIA-Tier2', 'HeadObject', { amount: tier2, cost: 0.01 })),
  onDay(3, s3('DataTransfer-Out-Bytes', 'GetObject', { amount: gb, cost: 0.01 })),
];

describeChecks({
  's3-incomplete-multipart-uploads': {
    'a hundred begun, none completed': {
      lines: uploads(100, 0),
      finds: [{ resource: 'bucket', cost: 0.03, saving: null, evidence: '100 uploads started, 0 completed' }],
    },
    'a tenth not completed': {
      lines: uploads(2000, 1800),
      finds: [{ evidence: '2000 uploads started, 1800 completed' }],
    },
    'in another region, by the hour': {
      lines: uploads(300, 100, { region: 'eu-west-1' }),
      finds: [{ region: 'eu-west-1', cost: 0.03 }],
    },
    'eighty-five not completed': { lines: uploads(85, 0) },
    'a twelfth not completed': { lines: uploads(3000, 2750) },
    'all completed, as in the report of 2018': { lines: uploads(6, 6) },
    'bytes of uploads and not requests': {
      lines: [onDay(3, s3('DataTransfer-In-Bytes', 'InitiateMultipartUpload', { amount: 1000 }))],
    },
    'of another service': {
      lines: uploads(300, 0, { service: 'AmazonECR' }),
      status: 'no-such-usage',
    },
    'no bucket named': { lines: uploads(300, 0, { resource: '' }), status: 'cannot-be-told' },
  },

  's3-standard-without-requests': {
    'nothing but storage': {
      lines: quiet,
      finds: [
        {
          resource: 'bucket',
          region: 'us-east-1',
          cost: 2.3,
          saving: 0.69,
          evidence: '100.00 GB-months in Standard, no request for 59 days and this month',
        },
      ],
    },
    'listed, and asked for its settings': {
      lines: [...quiet, onDay(3, requests('ListBucket', 90)), onDay(3, requests('GetBucketAcl'))],
      finds: [{ cost: 2.3, saving: 0.69 }],
    },
    'read 61 days before the month': { lines: before(-2, 2), finds: [{ cost: 2.3 }] },
    'read in another bucket': {
      lines: [...quiet, onDay(20, requests('GetObject', 1, { resource: 'other' }), { monthsLater: -1 })],
      finds: [{ resource: 'bucket' }],
    },
    'asked for 0 times, and transferred nothing': {
      lines: [...quiet, onDay(20, requests('GetObject', 0), { monthsLater: -1 }), onDay(2, s3('X-Bytes', 'GetObject'))],
      finds: [{ resource: 'bucket' }],
    },
    ...each('this month', (operation) => [...quiet, onDay(3, requests(operation))]),
    ...each('the month before', (operation) => [...quiet, onDay(20, requests(operation), { monthsLater: -1 })]),
    'read 55 days before the month': { lines: before(-2, 8) },
    'read in the month before the one before, by a monthly report': {
      lines: [...quiet, wholeMonth(requests('GetObject'), { monthsLater: -2 })],
    },
    'some data in another class': {
      lines: [...quiet, onDay(3, s3('TimedStorage-SIA-ByteHrs', 'StandardIAStorage'))],
    },
    'a month of history': {
      lines: [...daily(10, standard()), onDay(20, standard(), { monthsLater: -1 })],
      status: 'cannot-be-told',
    },
    'no bucket named': {
      lines: [-2, 0].map((monthsLater) => onDay(3, standard({ resource: '' }), { monthsLater })),
      status: 'cannot-be-told',
    },
    'of another service': {
      lines: [-2, 0].map((monthsLater) => onDay(3, standard({ service: 'AmazonECR' }), { monthsLater })),
      status: 'no-such-usage',
    },
  },

  's3-unread-replica': {
    'replicated into Standard': {
      lines: replica(14, 101),
      finds: [
        {
          resource: 'bucket',
          cost: 7,
          saving: null,
          evidence: '1200 replicated objects received, none read, 101.00 GB-months in Standard',
        },
      ],
    },
    'a whole month': { lines: replica(30, 118), finds: [{ cost: 15 }] },
    listed: { lines: [...replica(15, 200), onDay(3, requests('ListBucket'))], finds: [{ cost: 7.5 }] },
    'twelve days of the month': { lines: replica(12, 118) },
    '85 GB-months': { lines: replica(30, 85) },
    read: { lines: [...replica(30, 118), onDay(3, requests('GetObject'))] },
    'moved to another class': { lines: [...replica(30, 118), onDay(3, s3('Requests-Tier4', 'S3-SIATransition'))] },
    'written, and not replicated': { lines: [...daily(30, standard()), onDay(3, requests('PutObject'))] },
    'bytes of replication to somewhere else': {
      lines: [...daily(30, standard()), onDay(3, s3('USE1-EU-AWS-Out-Bytes', 'PutObjectForRepl'))],
    },
    'replicated into another class': {
      lines: [
        ...daily(30, s3('TimedStorage-GIR-ByteHrs', 'GlacierInstantRetrievalStorage')),
        onDay(3, requests('PutObjectForRepl', 1200)),
      ],
    },
    'of another service': { lines: daily(30, standard({ service: 'AmazonECR' })), status: 'no-such-usage' },
  },

  's3-abandoned-bucket': {
    'hardly any request': {
      lines: seen(4, 50, 0.5),
      finds: [
        {
          resource: 'bucket',
          cost: 6.44,
          saving: null,
          evidence: '300.00 GB-months, 4 writing and 50 reading requests, 0.50 GB moved',
        },
      ],
    },
    'just short of each threshold': { lines: seen(399, 7999, 27.9), finds: [{ cost: 6.44 }] },
    'a week, and 101 GB': {
      lines: daily(7, standard({ amount: 101 / 7 })),
      finds: [{ evidence: '101.00 GB-months, 0 writing and 0 reading requests, 0.00 GB moved' }],
    },
    'too many writing requests': { lines: seen(401, 50, 0.5) },
    'too many reading requests': { lines: seen(4, 8001, 0.5) },
    'too many bytes': { lines: seen(4, 50, 28.1) },
    'six days': { lines: seen(0, 0, 0, 6) },
    '85 GB': { lines: daily(10, standard({ amount: 8.5 })) },
    'no bucket named': { lines: daily(10, standard({ resource: '', amount: 30 })), status: 'cannot-be-told' },
    'of another service': {
      lines: daily(10, standard({ service: 'AmazonECR', amount: 30 })),
      status: 'no-such-usage',
    },
  },
});
