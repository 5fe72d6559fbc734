import { describeChecks, type ExpectedFinding } from './describeChecks.ts';
import type { ReportLine } from './reportLines.ts';
import { daily, hourly, onDay, type UsageFields, wholeMonth } from './usageLines.ts';

const ebs = (usageType: string, fields: Partial<UsageFields> = {}): UsageFields => ({
  service: 'AmazonEC2',
  usageType: `EBS:${usageType}`,
  resource: 'vol',
  ...fields,
});

/** A volume of so many GB over the whole month, day by day, at 0.10 US dollars a GB-month. */
const gp2 = (gb: number, fields: Partial<UsageFields> = {}): UsageFields =>
  ebs('VolumeUsage.gp2', { amount: gb / 30, cost: gb / 300, ...fields });
const month = (fields: UsageFields): ReportLine[] => daily(30, fields);

/** Storage at 0.125 US dollars a GB-month, and IOPS at 0.065, for days of the month. */
const provisioned = (type: string, gb: number, iops: number, days = 30): ReportLine[] => [
  ...daily(days, ebs(`VolumeUsage.${type}`, { amount: gb / 30, cost: (gb * 0.125) / 30 })),
  ...daily(days, ebs(`VolumeP-IOPS.${type}`, { amount: iops / 30, cost: (iops * 0.065) / 30 })),
];
/** What a volume as io1 costs, less what it costs as gp3. */
const saved = (gb: number, iops: number, extraMibps: number): number =>
  gb * 0.125 * 0.36 + 0.065 * (iops - 0.077 * Math.max(iops - 3000, 0) - 0.616 * extraMibps);

const magnetic = (storage: number, requests: number, fields: Partial<UsageFields> = {}): ReportLine[] => [
  onDay(3, ebs('VolumeUsage', { amount: 20, cost: storage, ...fields })),
  onDay(3, ebs('VolumeIOUsage', { amount: 1e6, cost: requests, ...fields })),
];

const finds = (cost: number, saving: number | null, evidence?: string): readonly ExpectedFinding[] => [
  { resource: 'vol', region: 'us-east-1', cost, saving, ...(evidence === undefined ? {} : { evidence }) },
];

describeChecks({
  'ebs-gp2-to-gp3': {
    '100 GB save a fifth': { lines: month(gp2(100)), finds: finds(10, 2, '100.00 GB-months of gp2') },
    '330 GB save a fifth': { lines: month(gp2(330)), finds: finds(33, 6.6) },
    '350 GB pay for 125 MiB/s as gp3': { lines: month(gp2(350)), finds: finds(35, 35 - 28 - 5) },
    '500 GB, too': { lines: month(gp2(500)), finds: finds(50, 50 - 40 - 5) },
    '2,000 GB pay for 3,000 IOPS and 125 MiB/s as gp3': {
      lines: month(gp2(2000)),
      finds: finds(200, 200 - 160 - 15 - 5, '2000.00 GB-months of gp2, 3000 IOPS to provision'),
    },
    '10,000 GB pay for 13,000 IOPS at most': {
      lines: month(gp2(10_000)),
      finds: finds(1000, 1000 - 800 - 65 - 5),
    },
    '2,000 GB in a month that is not over': {
      lines: daily(10, gp2(2000)),
      finds: finds(200 / 3, (200 - 160 - 15 - 5) / 3),
    },
    '10,000 GB in the first six hours of a month': {
      lines: hourly(6, gp2(10_000, { amount: 10_000 / 720, cost: 1000 / 720 })),
      finds: finds(1000 / 120, (1000 - 800 - 65 - 5) / 120, '83.33 GB-months of gp2, 13000 IOPS to provision'),
    },
    '2,000 GB in a monthly report': {
      lines: [wholeMonth(gp2(2000, { amount: 2000, cost: 200 }))],
      finds: finds(200, 200 - 160 - 15 - 5),
    },
    'by the API name, where the usage type does not say it': {
      lines: month({
        ...gp2(100),
        usageType: 'USE2-EBS:VolumeUsage',
        product: { volume_api_name: 'gp2' },
      }),
      finds: finds(10, 2),
    },
    'volumes without an id are many small ones': {
      lines: [...month(gp2(2000, { resource: '' })), ...month(gp2(1000, { resource: '', region: 'eu-west-1' }))],
      finds: [
        { resource: '', region: 'eu-west-1', cost: 100, saving: 20 },
        { resource: '', region: 'us-east-1', cost: 200, saving: 40 },
      ],
    },
    'gp3 already': { lines: month({ ...gp2(100), usageType: 'EBS:VolumeUsage.gp3' }) },
    magnetic: { lines: month({ ...gp2(100), usageType: 'EBS:VolumeUsage' }) },
    'a snapshot of a gp2 volume': {
      lines: month({ ...gp2(100), usageType: 'EBS:SnapshotUsage', product: { volume_api_name: 'gp2' } }),
    },
    'a free one': { lines: month(gp2(100, { cost: 0 })) },
    'a cost without a size': { lines: month(gp2(100, { amount: 0 })) },
  },

  'ebs-io1-io2-to-gp3': {
    'io1 of 400 IOPS': {
      lines: provisioned('piops', 100, 400),
      finds: finds(12.5 + 26, saved(100, 400, 0), '400 IOPS for 26.00, storage for 12.50'),
    },
    'of 1,000 IOPS has 250 MiB/s': {
      lines: provisioned('piops', 100, 1000),
      finds: finds(12.5 + 65, saved(100, 1000, 125)),
    },
    'of 4,000 IOPS has 500 MiB/s': {
      lines: provisioned('piops', 100, 4000),
      finds: finds(12.5 + 260, saved(100, 4000, 375)),
    },
    'io2 of 16,000 IOPS, in a month that is not over': {
      lines: provisioned('io2', 1000, 16_000, 10),
      finds: finds((125 + 1040) / 3, saved(1000, 16_000, 375) / 3, '16000 IOPS for 346.67, storage for 41.67'),
    },
    'in a monthly report': {
      lines: [
        wholeMonth(ebs('VolumeUsage.io2', { amount: 100, cost: 12.5 })),
        wholeMonth(ebs('VolumeP-IOPS.io2', { amount: 400, cost: 26 })),
      ],
      finds: finds(38.5, saved(100, 400, 0)),
    },
    '17,000 IOPS': { lines: provisioned('piops', 100, 17_000) },
    '40,000 IOPS, in two tiers': {
      lines: [...provisioned('io2', 100, 16_000), ...month(ebs('VolumeP-IOPS.io2.tier2', { amount: 300, cost: 14 }))],
    },
    'IOPS of gp3': { lines: month(ebs('VolumeP-IOPS.gp3')) },
    'IOPS of a database': {
      lines: month({ ...ebs('VolumeP-IOPS.piops'), service: 'AmazonRDS' }),
      status: 'no-such-usage',
    },
    'volumes without an id': { lines: month(ebs('VolumeUsage.piops', { resource: '' })), status: 'cannot-be-told' },
  },

  'ebs-magnetic-to-gp3': {
    'pays more for requests than for storage': {
      lines: magnetic(1, 2),
      finds: finds(3, 1.4, '20.00 GB-months for 1.00, requests for 2.00'),
    },
    'requests just beyond the price of gp3': { lines: magnetic(1, 0.7), finds: finds(1.7, 0.1) },
    'named standard': { lines: magnetic(1, 2, { product: { volume_api_name: 'standard' } }), finds: finds(3, 1.4) },
    'many without an id': {
      lines: [...magnetic(1, 2, { resource: '' }), ...magnetic(1, 0, { resource: '', region: 'eu-west-1' })],
      finds: [{ resource: '', region: 'us-east-1', cost: 3, saving: 1.4 }],
    },
    'requests just short of the price of gp3': { lines: magnetic(1, 0.5) },
    'no requests': { lines: magnetic(1, 0) },
    'gp2 by its API name': { lines: magnetic(1, 2, { product: { volume_api_name: 'gp2' } }) },
    'another type': { lines: [onDay(3, ebs('VolumeUsage.st1')), onDay(3, ebs('VolumeP-IOPS.piops'))] },
    'another service': {
      lines: magnetic(1, 2, { service: 'AmazonRDS' }),
      status: 'no-such-usage',
    },
  },

  'ebs-gp3-extra-performance': {
    'IOPS and throughput': {
      lines: [
        onDay(3, ebs('VolumeUsage.gp3', { cost: 8 })),
        onDay(3, ebs('VolumeP-IOPS.gp3', { cost: 5 })),
        onDay(3, ebs('VolumeP-Throughput.gp3', { cost: 2.5 })),
      ],
      finds: finds(7.5, null, 'IOPS for 5.00, throughput for 2.50'),
    },
    IOPS: {
      lines: month(ebs('VolumeP-IOPS.gp3')),
      finds: finds(30, null, 'IOPS for 30.00, throughput for 0.00'),
    },
    'without an id, by region': {
      lines: ['us-east-1', 'eu-west-1'].map((region) =>
        onDay(3, {
          ...ebs('VolumeP-Throughput.gp3', { resource: '', region }),
          usageType: 'EU-EBS:VolumeP-Throughput.gp3',
        }),
      ),
      finds: [
        { resource: '', region: 'eu-west-1', cost: 1 },
        { resource: '', region: 'us-east-1', cost: 1 },
      ],
    },
    'gp3 as it comes': { lines: month(ebs('VolumeUsage.gp3')) },
    'IOPS of io1': { lines: month(ebs('VolumeP-IOPS.piops')) },
    'bought, and not charged': { lines: month(ebs('VolumeP-IOPS.gp3', { cost: 0 })) },
  },
});
