import { describeChecks } from './describeChecks.ts';
import type { ReportLine } from './reportLines.ts';
import { daily, onDay, type UsageFields } from './usageLines.ts';

/** A line of the bucket: usage type, cost and operation. */
const s3 = (usageType: string, cost: number, operation = '', fields: Partial<UsageFields> = {}): ReportLine =>
  onDay(3, { service: 'AmazonS3', usageType, operation, resource: 'bucket', cost, amount: 10, ...fields });

const fee = (cost: number, fields: Partial<UsageFields> = {}): ReportLine =>
  s3('EU-Monitoring-Automation-INT', cost, 'IntelligentTieringStorage', fields);
const tier = (name: string, cost: number): ReportLine => s3(`EU-TimedStorage-INT-${name}-ByteHrs`, cost);

/** Data of a class, its overhead, and what both cost. */
const small = (storage: string, cost: number, overhead: string, overheadCost: number): ReportLine[] => [
  s3('TimedStorage-X-ByteHrs', cost, storage),
  s3('TimedStorage-X-SmObjects', overheadCost, overhead),
];

/** Storage, retrieval, writing and reading requests of Standard-Infrequent Access. */
const sia = (storage: number, retrieval: number, tier1 = 0, tier2 = 0): ReportLine[] => [
  s3('EU-TimedStorage-SIA-ByteHrs', storage, 'StandardIAStorage'),
  s3('EU-Retrieval-SIA', retrieval),
  s3('EU-Requests-SIA-Tier1', tier1, 'PutObject'),
  s3('EU-Requests-SIA-Tier2', tier2, 'GetObject'),
];
const elsewhere = (lines: readonly ReportLine[], service = 'AmazonECR'): ReportLine[] =>
  lines.map((line) => ({ ...line, columns: { ...line.columns, line_item_product_code: service } }));

const vault = (region: string, fields: Partial<UsageFields> = {}): ReportLine[] =>
  daily(10, {
    service: 'AmazonGlacier',
    usageType: 'TimedStorage-ByteHrs',
    operation: 'Storage',
    resource: 'vault',
    region,
    ...fields,
  });

describeChecks({
  's3-intelligent-tiering-monitoring': {
    'a fee, and nothing in a cheaper tier': {
      lines: [fee(2), tier('FA', 3)],
      finds: [
        {
          resource: 'bucket',
          region: 'us-east-1',
          cost: 5,
          saving: 2,
          evidence: 'monitoring costs 2.00, cheaper tiers save 0.00',
        },
      ],
    },
    'a fee just above what the infrequent tier saves': { lines: [fee(0.85), tier('IA', 1)], finds: [{ saving: 0.01 }] },
    'all tiers': {
      lines: [fee(10), tier('IA', 1), tier('AIA', 0.1), tier('AA', 0.1), tier('DAA', 0.01)],
      finds: [{ cost: 11.21, saving: 10 - 0.84 - 0.475 - 0.539 - 0.222 }],
    },
    'a fee just below what the infrequent tier saves': { lines: [fee(0.8), tier('IA', 1)] },
    'much in the archive instant tier': { lines: [fee(4), tier('AIA', 1)] },
    'much in the archive tiers': { lines: [fee(7), tier('AA', 1), tier('DAA', 0.1)] },
    'a tier without a fee, as of objects that are too small': { lines: [tier('FA', 3)] },
    'no bucket named': { lines: [fee(2, { resource: '' })], status: 'cannot-be-told' },
    'of another service': { lines: elsewhere([fee(2)]), status: 'no-such-usage' },
  },

  's3-small-objects-overhead': {
    'overhead of Standard-Infrequent Access': {
      lines: small('StandardIAStorage', 1, 'StandardIASizeOverhead', 3),
      finds: [{ resource: 'bucket', cost: 3, saving: 2.16, evidence: 'overhead costs 3.00, the classes save 0.84' }],
    },
    'of One Zone-Infrequent Access': {
      lines: small('OneZoneIAStorage', 1, 'OneZoneIASizeOverhead', 3),
      finds: [{ cost: 3, saving: 1.7 }],
    },
    'of Glacier Instant Retrieval': {
      lines: small('GlacierInstantRetrievalStorage', 0.1, 'GlacierInstantRetrievalSizeOverhead', 3),
      finds: [{ cost: 3, saving: 2.525 }],
    },
    'of Glacier Instant Retrieval, by its other name': {
      lines: small('GlacierInstantRetrievalStorage', 0.1, 'GlacierIRSizeOverhead', 3),
      finds: [{ cost: 3, saving: 2.525 }],
    },
    'of Glacier Flexible Retrieval, half of it billed as Standard': {
      lines: [
        ...small('GlacierStorage', 0.1, 'GlacierObjectOverhead', 1),
        s3('TimedStorage-ByteHrs', 2, 'GlacierS3ObjectOverhead'),
      ],
      finds: [{ cost: 3, saving: 2.461 }],
    },
    'of Deep Archive, under either product code': {
      lines: [
        ...elsewhere(small('DeepArchiveStorage', 0.01, 'DeepArchiveObjectOverhead', 1), 'AmazonS3GlacierDeepArchive'),
        s3('TimedStorage-ByteHrs', 2, 'DeepArchiveS3ObjectOverhead'),
      ],
      finds: [{ cost: 3, saving: 2.778 }],
    },
    'of one of two classes': {
      lines: [
        ...small('StandardIAStorage', 1, 'StandardIASizeOverhead', 3),
        ...small('OneZoneIAStorage', 9, 'OneZoneIASizeOverhead', 1),
      ],
      finds: [{ cost: 3, saving: 2.16 }],
    },
    'a little less than the class saves': { lines: small('StandardIAStorage', 1, 'StandardIASizeOverhead', 0.8) },
    'large objects in Glacier': { lines: small('GlacierStorage', 1, 'GlacierObjectOverhead', 0.02) },
    'small objects deleted early': {
      lines: [s3('EarlyDelete-SIA-SmObjects', 3, 'StandardIASizeOverhead')],
    },
    'small objects in Standard': { lines: [s3('TimedStorage-ByteHrs', 3, 'StandardStorage')] },
    'of another service': {
      lines: elsewhere(small('StandardIAStorage', 1, 'StandardIASizeOverhead', 3)),
      status: 'no-such-usage',
    },
  },

  's3-infrequent-access-regretted': {
    'read more than it saves': {
      lines: sia(10, 9),
      finds: [
        {
          resource: 'bucket',
          cost: 19,
          saving: 0.6,
          evidence: 'retrieval costs 9.00, requests 0.00 more, storage 8.40 less than in Standard',
        },
      ],
    },
    'many requests': { lines: sia(10, 0, 10, 8), finds: [{ cost: 28, saving: 5 + 4.8 - 8.4 }] },
    'just beyond': { lines: sia(10, 5, 4, 2.5), finds: [{ saving: 0.1 }] },
    'just short': { lines: sia(10, 5, 4, 2) },
    'stored only': { lines: sia(10, 0) },
    'read from Glacier Instant Retrieval': {
      lines: [s3('EU-Retrieval-GIR', 9), s3('EU-Requests-GIR-Tier2', 9), s3('EU-Retrieval-ZIA', 9)],
    },
    'read from Standard': { lines: [...sia(10, 0), s3('EU-Requests-Tier2', 9, 'GetObject')] },
    'of another service': { lines: elsewhere(sia(10, 9)), status: 'no-such-usage' },
  },

  's3-ia-to-glacier-instant': {
    'stored only': {
      lines: [...sia(10, 0), s3('EU-TimedStorage-SIA-SmObjects', 1, 'StandardIASizeOverhead')],
      finds: [
        {
          resource: 'bucket',
          cost: 11,
          saving: 7.48,
          evidence: 'storage, requests and reads for 11.00, then for 3.52',
        },
      ],
    },
    'read now and then': { lines: sia(10, 1, 1, 0.3), finds: [{ cost: 12.3, saving: 6.8 - 2 - 1 - 2.7 }] },
    'read just rarely enough': { lines: sia(10, 3.3), finds: [{ saving: 0.2 }] },
    'read a little too often': { lines: sia(10, 3.5) },
    'written often': { lines: sia(10, 0, 7) },
    'asked for often': { lines: sia(10, 0, 0, 0.8) },
    'in Glacier Instant Retrieval already': { lines: [s3('EU-TimedStorage-GIR-ByteHrs', 10)] },
    'in One Zone-Infrequent Access': { lines: [s3('EU-TimedStorage-ZIA-ByteHrs', 10)] },
    'of another service': { lines: elsewhere(sia(10, 0)), status: 'no-such-usage' },
  },

  'glacier-vault-to-deep-archive': {
    ...Object.fromEntries(
      ['us-east-1', 'us-east-2', 'eu-west-1', 'eu-north-1'].map((region) => [
        `where Deep Archive is cheapest, in ${region}`,
        {
          lines: vault(region),
          finds: [{ resource: 'vault', region, cost: 10, saving: 7.25, evidence: '240.00 GB-months in a vault' }],
        },
      ]),
    ),
    'in another region': { lines: vault('ap-south-1'), finds: [{ cost: 10, saving: 5.56 }] },
    'in no region, without an id': {
      lines: vault('', { resource: '' }),
      finds: [{ resource: '', region: '', cost: 10, saving: 5.56 }],
    },
    'requests of a vault': { lines: vault('us-east-1', { operation: 'ListVaults', usageType: 'Requests-Tier1' }) },
    'Glacier within S3': { lines: elsewhere(vault('us-east-1'), 'AmazonS3'), status: 'no-such-usage' },
    'free of charge': { lines: vault('us-east-1', { cost: 0 }) },
    'retrieval from a vault': { lines: vault('us-east-1', { operation: 'ArchiveRetrieval' }) },
  },
});
