import { describeChecks } from './describeChecks.ts';
import { daily, onDay, type UsageFields } from './usageLines.ts';

const efs = (usageType: string, fields: Partial<UsageFields> = {}): UsageFields => ({
  service: 'AmazonEFS',
  usageType,
  resource: 'fs',
  ...fields,
});
/** So many GB-months of Standard storage over ten days, for 10.00 US dollars. */
const standard = (gb: number, fields: Partial<UsageFields> = {}) =>
  daily(10, efs('EU-TimedStorage-ByteHrs', { amount: gb / 10, ...fields }));
const SAVED = 10 * 0.5 * (1 - 0.083);

describeChecks({
  'efs-without-infrequent-access': {
    'all in Standard': {
      lines: standard(100),
      finds: [
        {
          resource: 'fs',
          region: 'us-east-1',
          cost: 10,
          saving: SAVED,
          evidence: '100.00 GB-months in Standard, none in infrequent access',
        },
      ],
    },
    'all in one zone, 11 GB': {
      lines: standard(11, { usageType: 'TimedStorage-Z-ByteHrs' }),
      finds: [{ cost: 10, saving: SAVED }],
    },
    'beside another with infrequent access': {
      lines: [...standard(100), onDay(3, efs('EU-IATimedStorage-ByteHrs', { resource: 'other' }))],
      finds: [{ resource: 'fs', cost: 10 }],
    },
    'some in infrequent access': { lines: [...standard(100), onDay(3, efs('EU-IATimedStorage-ET-ByteHrs'))] },
    'some in the archive': { lines: [...standard(100), onDay(3, efs('EU-ArchiveTimedStorage-ByteHrs'))] },
    '9 GB': { lines: standard(9) },
    throughput: { lines: [onDay(3, efs('EU-ProvisionedTP-MiBpsHrs'))] },
    'of another service': { lines: standard(100, { service: 'AmazonECR' }), status: 'no-such-usage' },
  },

  'efs-provisioned-throughput': {
    'some for the whole month': {
      lines: daily(30, efs('EU-ProvisionedTP-MiBpsHrs', { amount: 0.5, cost: 3 })),
      finds: [{ resource: 'fs', cost: 90, saving: null, evidence: '15.00 MiB/s-months' }],
    },
    'in us-east-1': { lines: [onDay(3, efs('ProvisionedTP-MiBpsHrs'))], finds: [{ cost: 1 }] },
    'without an id, by region': {
      lines: ['us-east-1', 'eu-west-1'].map((region) =>
        onDay(3, efs('EU-ProvisionedTP-MiBpsHrs', { resource: '', region })),
      ),
      finds: [
        { region: 'eu-west-1', cost: 1 },
        { region: 'us-east-1', cost: 1 },
      ],
    },
    'included throughput': { lines: [onDay(3, efs('EU-IncludedTP-MiBpsHrs'))] },
    'elastic throughput': { lines: [onDay(3, efs('EU-ETDataAccess-Bytes'))] },
    'not charged': { lines: [onDay(3, efs('EU-ProvisionedTP-MiBpsHrs', { cost: 0 }))] },
    'of another service': {
      lines: [onDay(3, efs('EU-ProvisionedTP-MiBpsHrs', { service: 'AmazonFSx' }))],
      status: 'no-such-usage',
    },
  },
});
