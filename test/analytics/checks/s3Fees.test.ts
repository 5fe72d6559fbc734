import { describeChecks } from './describeChecks.ts';
import { daily, onDay, type UsageFields } from './usageLines.ts';

const s3 = (usageType: string, fields: Partial<UsageFields> = {}): UsageFields => ({
  service: 'AmazonS3',
  usageType,
  resource: 'bucket',
  ...fields,
});
const reduced = s3('TimedStorage-RRS-ByteHrs', { operation: 'ReducedRedundancyStorage', amount: 10, cost: 0.24 });
const rest = onDay(3, s3('TimedStorage-ByteHrs', { operation: 'StandardStorage', cost: 9 }));

describeChecks({
  's3-early-delete': {
    'of Standard-Infrequent Access': {
      lines: [onDay(3, s3('EU-EarlyDelete-SIA')), rest],
      finds: [
        {
          resource: 'bucket',
          region: 'us-east-1',
          cost: 1,
          saving: null,
          evidence: '1.00 of the 10.00 that the bucket costs',
        },
      ],
    },
    'of small objects and of Glacier': {
      lines: [onDay(3, s3('EarlyDelete-GIR-SmObjects')), onDay(3, s3('EarlyDelete-ByteHrs'))],
      finds: [{ cost: 2 }],
    },
    'of Deep Archive, which has a product code of its own': {
      lines: [onDay(3, s3('EarlyDelete-GDA', { service: 'AmazonS3GlacierDeepArchive' }))],
      finds: [{ cost: 1, saving: null }],
    },
    'storage of the same operation': {
      lines: [onDay(3, s3('TimedStorage-SIA-ByteHrs', { operation: 'StandardIAStorage' }))],
    },
    'free of charge': { lines: [onDay(3, s3('EarlyDelete-SIA', { cost: 0 })), rest] },
    'a snapshot that left the archive early': {
      lines: [onDay(3, s3('EBS:SnapshotArchiveEarlyDelete', { service: 'AmazonEC2' }))],
      status: 'no-such-usage',
    },
  },

  's3-features-left-on': {
    'each of them': {
      lines: [
        onDay(3, s3('Inventory-ObjectsListed', { cost: 1 })),
        onDay(3, s3('EU-StorageLens-ObjCount', { cost: 2 })),
        onDay(3, s3('StorageAnalytics-ObjCount', { cost: 3 })),
        onDay(3, s3('TagStorage-TagHrs', { cost: 4 })),
        onDay(3, s3('USE1-EU-S3RTC-Out-Bytes', { cost: 5 })),
        rest,
      ],
      finds: [
        {
          resource: 'bucket',
          cost: 15,
          saving: 15,
          evidence:
            'inventory for 1.00, Storage Lens for 2.00, analytics for 3.00, tags for 4.00, replication time control for 5.00',
        },
      ],
    },
    'without an id, by region': {
      lines: ['us-east-1', 'eu-west-1'].map((region) => onDay(3, s3('StorageLens-ObjCount', { resource: '', region }))),
      finds: [
        { resource: '', region: 'eu-west-1', cost: 1 },
        { resource: '', region: 'us-east-1', cost: 1 },
      ],
    },
    'an inventory every day': { lines: daily(30, s3('Inventory-ObjectsListed')), finds: [{ cost: 30, saving: 30 }] },
    'free metrics of Storage Lens': { lines: [onDay(3, s3('StorageLensFreeTier-ObjCount', { cost: 0 }))] },
    'monitoring of Intelligent-Tiering': { lines: [onDay(3, s3('Monitoring-Automation-INT'))] },
    'tags that cost nothing': { lines: [onDay(3, s3('TagStorage-TagHrs', { cost: 0 })), rest] },
    'an inventory of another service': {
      lines: [onDay(3, s3('Inventory-ObjectsListed', { service: 'AWSSystemsManager' }))],
      status: 'no-such-usage',
    },
  },

  's3-reduced-redundancy': {
    'some data': {
      lines: [onDay(3, reduced), rest],
      finds: [{ resource: 'bucket', cost: 0.24, saving: 0.0096, evidence: '10.00 GB-months in Reduced Redundancy' }],
    },
    'in several regions, without an id': {
      lines: ['us-east-1', 'eu-west-1'].map((region) => onDay(3, { ...reduced, resource: '', region })),
      finds: [
        { region: 'eu-west-1', cost: 0.24 },
        { region: 'us-east-1', cost: 0.24 },
      ],
    },
    'a month of it': { lines: daily(30, reduced), finds: [{ cost: 7.2, saving: 0.288 }] },
    Standard: { lines: [rest] },
    'requests of the operation': { lines: [onDay(3, { ...reduced, usageType: 'BytesDeleted-RRS' })] },
    'free of charge': { lines: [onDay(3, { ...reduced, cost: 0 })] },
    'of another service': { lines: [onDay(3, { ...reduced, service: 'AmazonECR' })], status: 'no-such-usage' },
  },
});
