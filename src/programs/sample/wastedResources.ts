import { instanceHours } from './instanceHours.ts';
import { arn, daily, type Make, maker, type Site } from './inventory.ts';
import * as meters from './meters.ts';
import { hexDigits, type Random } from './random.ts';
import type { PlantedCheck, Resource } from './resource.ts';

/** What waste is made from. */
interface Ground {
  readonly site: Site;
  readonly make: Make;
  readonly random: Random;
  /** Whether the report is a legacy one. */
  readonly isLegacy: boolean;
}

/**
 * The resources that the given checks are to find. Reservations and savings plans are in
 * `commitments.ts`.
 */
export function wastedResources(
  site: Site,
  checks: readonly PlantedCheck[],
  isLegacy: boolean,
  random: Random,
): Resource[] {
  const ground: Ground = { site, make: maker(site, random), random, isLegacy };
  return checks.flatMap((check) => WASTED[check](ground).map((resource) => ({ ...resource, planted: check })));
}

const WASTED: Readonly<Record<PlantedCheck, (ground: Ground) => Resource[]>> = {
  // Hours, but no capacity units: nobody calls it.
  'idle load balancer': ({ site, make, random }) => [
    make(arn(site, 'elasticloadbalancing', `loadbalancer/app/old-intranet/${hexDigits(random, 16)}`), [
      daily(meters.loadBalancerHours, 24),
    ]),
  ],
  // A few health checks: 0.25 GB in 15 days were seen in a real report.
  'idle NAT gateway': ({ site, make, random }) => [
    make(arn(site, 'ec2', `natgateway/nat-${hexDigits(random, 17)}`), [
      daily(meters.natGatewayHours, 24),
      daily(meters.natGatewayBytes, 0.0165, 0.5),
    ]),
  ],
  'gp2 volume': ({ site, make, random }) =>
    [100, 250, 500, 1000].map((gigabytes) =>
      make(`vol-${hexDigits(random, 17)}`, [daily(meters.gp2Storage, gigabytes / site.daysInMonth)]),
    ),
  'RDS gp2 or io1 storage': ({ site, make }) => [
    make(arn(site, 'rds', 'db:reporting'), [
      daily(meters.databaseHours, 24),
      daily(meters.databaseGp2Storage, 500 / site.daysInMonth),
    ]),
    make(arn(site, 'rds', 'db:ledger'), [
      daily(meters.databaseHours, 24),
      daily(meters.databaseIo1Storage, 200 / site.daysInMonth),
      daily(meters.databaseIo1Operations, 3000 / site.daysInMonth),
    ]),
  ],
  'OpenSearch gp2 storage': ({ site, make }) => [
    make(arn(site, 'es', 'domain/logs'), [
      daily(meters.searchHours, 48),
      daily(meters.searchGp2Storage, 600 / site.daysInMonth),
    ]),
  ],
  'idle public IPv4': ({ site, make, random, isLegacy }) =>
    [0, 1].map(() =>
      make(arn(site, 'ec2', `elastic-ip/eipalloc-${hexDigits(random, 17)}`), [
        daily(isLegacy ? meters.idleElasticIp : meters.idleIpv4, 24),
      ]),
    ),
  'previous-generation instance': ({ make, random }) =>
    ['m4.large', 'm4.large', 'c4.xlarge'].map((type) =>
      make(`i-${hexDigits(random, 17)}`, [daily(instanceHours(type), 24)]),
    ),
  'T-instance CPU credits': ({ make, random }) => [
    make(`i-${hexDigits(random, 17)}`, [daily(instanceHours('t3.medium'), 24), daily(meters.cpuCredits, 26, 0.3)]),
  ],
  // Two data processing units, day and night.
  'Glue development endpoint': ({ site, make }) => [
    make(arn(site, 'glue', 'devEndpoint/forgotten'), [daily(meters.developmentEndpoint, 48)]),
  ],
  'unused reservation': () => [],
  'unused savings plan': () => [],
};
