import type { Layout } from '../../billing/layout.ts';
import { parsePayer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import type { Source } from '../../billing/source.ts';
import { ireland, type Region, virginia } from './region.ts';
import type { PlantedCheck } from './resource.ts';

/** One payer of the sample: how its report is delivered, and what is wasted in it. */
export interface SampleSource extends Source {
  readonly layout: Layout;
  /** The name of the report or the export. */
  readonly report: string;
  readonly region: Region;
  /** Healthy instances: the size of the bill. */
  readonly instances: number;
  readonly planted: readonly PlantedCheck[];
  /** Columns that a legacy report has in a month beyond those of October 2018: they come and go. */
  readonly extraColumns: (period: Period) => readonly string[];
}

/**
 * Who pays, and where the reports arrive: one payer for each layout. The two exports of CUR 2.0
 * share a bucket, so that only the prefix distinguishes them.
 */
export const sampleSources: readonly SampleSource[] = [
  {
    bucket: 'sample-cur-111122223333',
    prefix: 'reports',
    payer: parsePayer('111122223333'),
    manifests: true,
    layout: 'legacy-overwrite',
    report: 'daily',
    region: virginia,
    instances: 22,
    planted: [
      'idle load balancer',
      'gp2 volume',
      'unused reservation',
      'idle public IPv4',
      'previous-generation instance',
      'Glue development endpoint',
    ],
    extraColumns: (period) => (period === '2026-09' ? [] : ['product_category', 'resource_tags_user_tag21_nov']),
  },
  {
    bucket: 'sample-cur-222233334444',
    prefix: 'billing/cur',
    payer: parsePayer('222233334444'),
    manifests: true,
    layout: 'legacy-create-new',
    report: 'group-hourly',
    region: ireland,
    instances: 24,
    planted: [
      'idle NAT gateway',
      'gp2 volume',
      'RDS gp2 or io1 storage',
      'unused reservation',
      'T-instance CPU credits',
    ],
    extraColumns: (period) =>
      period === '2026-09' ? ['product_volume_api_name'] : ['product_category', 'product_volume_api_name'],
  },
  {
    bucket: 'sample-data-exports',
    prefix: 'exports/333344445555',
    payer: parsePayer('333344445555'),
    manifests: true,
    layout: 'cur2-create-new',
    report: 'cur2-daily',
    region: virginia,
    instances: 26,
    planted: [
      'idle load balancer',
      'gp2 volume',
      'OpenSearch gp2 storage',
      'idle public IPv4',
      'T-instance CPU credits',
      'unused savings plan',
    ],
    extraColumns: () => [],
  },
  {
    bucket: 'sample-data-exports',
    prefix: 'exports/444455556666',
    payer: parsePayer('444455556666'),
    manifests: true,
    layout: 'cur2-overwrite',
    report: 'cur2-daily',
    region: ireland,
    instances: 20,
    planted: [
      'idle NAT gateway',
      'RDS gp2 or io1 storage',
      'unused reservation',
      'idle public IPv4',
      'previous-generation instance',
      'Glue development endpoint',
    ],
    extraColumns: () => [],
  },
];
