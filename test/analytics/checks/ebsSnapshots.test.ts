import { describeChecks } from './describeChecks.ts';
import { daily, hourly, onDay, type UsageFields, wholeMonth } from './usageLines.ts';

const snapshot: UsageFields = {
  service: 'AmazonEC2',
  usageType: 'EU-EBS:SnapshotUsage',
  resource: 'snap',
  amount: 10,
  cost: 2,
};
const archived = { ...snapshot, usageType: 'EBS:SnapshotArchiveStorage' };
const other = { ...snapshot, resource: 'other', cost: 0 };
/** The payer's history goes back so far, whatever the snapshot's does. */
const history = (monthsLater: number) => onDay(3, other, { monthsLater });
const of = (monthsLater: number) => [onDay(3, snapshot, { monthsLater }), onDay(3, snapshot)];

const share = (snapshots: number, volumes: number, gbMonths = 120) => [
  onDay(3, { ...snapshot, resource: 'a', cost: snapshots / 2, amount: gbMonths / 2 }),
  onDay(3, { ...snapshot, resource: 'b', cost: snapshots / 2, amount: gbMonths / 2 }),
  onDay(3, { ...snapshot, resource: 'v', usageType: 'EBS:VolumeUsage.gp3', cost: volumes }),
];

const restore = { ...snapshot, usageType: 'EBS:FastSnapshotRestore', amount: 24, cost: 18 };

describeChecks({
  'old-ebs-snapshots': {
    'billed for half a year': {
      lines: of(-6),
      finds: [
        {
          resource: 'snap',
          region: 'us-east-1',
          cost: 2,
          saving: 2,
          evidence: 'billed for at least 6 months, 10.00 GB-months',
        },
      ],
    },
    'billed for longer, over the turn of a year': {
      lines: [...of(-11), onDay(3, snapshot, { monthsLater: -2 })],
      finds: [{ cost: 2, evidence: 'billed for at least 11 months, 10.00 GB-months' }],
    },
    'some of its lines name no region': {
      lines: [...of(-7), onDay(4, { ...snapshot, region: '' })],
      finds: [{ region: 'us-east-1', cost: 4, saving: 4 }],
    },
    'billed for five months': { lines: [history(-8), ...of(-5)] },
    'of another account': {
      lines: [onDay(3, { ...snapshot, account: '777788880000' }, { monthsLater: -8 }), onDay(3, snapshot)],
    },
    'in the archive': { lines: [onDay(3, archived, { monthsLater: -8 }), onDay(3, archived), history(-8)] },
    'no id': { lines: [onDay(3, { ...snapshot, resource: '' }), history(-8)], status: 'cannot-be-told' },
    'no history': { lines: of(-5), status: 'cannot-be-told' },
  },

  'ebs-snapshots-to-archive': {
    'billed for a year': {
      lines: of(-12),
      finds: [
        {
          resource: 'snap',
          cost: 2,
          saving: 1.5,
          evidence: 'billed for at least 12 months, 10.00 GB-months in the standard tier',
        },
      ],
    },
    'billed for two years': { lines: of(-24), finds: [{ cost: 2, saving: 1.5 }] },
    'covered in part by a credit': {
      lines: [...of(-13), onDay(3, { ...snapshot, lineType: 'Credit', cost: -1 })],
      finds: [{ cost: 2, saving: 1.5 }],
    },
    'billed for ten months': { lines: [history(-14), ...of(-10)] },
    'in the archive already': { lines: [onDay(3, archived, { monthsLater: -14 }), onDay(3, archived), history(-14)] },
    'a volume of the same age': {
      lines: [-14, 0].map((monthsLater) =>
        onDay(3, { ...snapshot, usageType: 'EBS:VolumeUsage.gp3' }, { monthsLater }),
      ),
    },
    'no history': { lines: of(-10), status: 'cannot-be-told' },
  },

  'ebs-snapshot-share': {
    'as much as the volumes': {
      lines: share(10, 10),
      finds: [
        {
          resource: '',
          region: 'us-east-1',
          cost: 10,
          saving: null,
          evidence: 'snapshots of 120 GB-months for 10.00, volumes for 10.00',
        },
      ],
    },
    '100 GB-months and no volume': { lines: share(10, 0, 100), finds: [{ cost: 10, saving: null }] },
    'in one of two regions': {
      lines: [...share(10, 2), ...share(10, 30).map((line) => ({ ...line, product: { region: 'eu-west-1' } }))],
      finds: [{ region: 'us-east-1', cost: 10 }],
    },
    'a little less than the volumes': { lines: share(10, 12) },
    'too few GB': { lines: share(10, 0, 85) },
    'archived ones': { lines: [onDay(3, { ...archived, amount: 1000 })] },
  },

  'ebs-fast-snapshot-restore': {
    'on for a week': {
      lines: daily(7, restore),
      finds: [{ resource: 'snap', cost: 126, saving: 126, evidence: 'on for 168 h' }],
    },
    'hour by hour': { lines: hourly(170, { ...restore, amount: 1, cost: 0.75 }), finds: [{ cost: 127.5 }] },
    'in a monthly report': {
      lines: [wholeMonth({ ...restore, amount: 720, cost: 540 })],
      finds: [{ cost: 540, saving: 540 }],
    },
    'on for six days': { lines: daily(6, restore) },
    'many at once for some days': { lines: daily(6, { ...restore, resource: '', amount: 240 }) },
    'now and then': { lines: daily(30, { ...restore, amount: 5 }) },
    'a snapshot without it': { lines: daily(30, snapshot) },
  },
});
