import type { Payer } from '../../billing/payer.ts';
import { instanceHours } from './instanceHours.ts';
import * as meters from './meters.ts';
import { between, hexDigits, pick, type Random } from './random.ts';
import type { Region } from './region.ts';
import type { DailyUse, Resource, ResourceMeter } from './resource.ts';

/** Where a payer's resources are. */
export interface Site {
  readonly payer: Payer;
  readonly region: Region;
  /** GB-months are metered by the day: a month's worth of storage is spread over so many days. */
  readonly daysInMonth: number;
}

/** The two member accounts of a sample payer. */
export function memberAccounts(payer: Payer): [string, string] {
  return [`${payer.slice(0, 8)}4001`, `${payer.slice(0, 8)}4002`];
}

/**
 * A healthy estate: current instances on gp3 disks, load balancers with load, NAT gateways with
 * traffic, and so on.
 */
export function healthyResources(site: Site, instances: number, random: Random): Resource[] {
  const make = maker(site, random);
  return [
    ...Array.from({ length: instances }, () => webServer(site, make, random)).flat(),
    ...Array.from({ length: 6 }, (_, index) => bucket(site, make, random, index)),
    ...Array.from({ length: 4 }, () => lambdaFunction(site, make, random)),
    make(arn(site, 'elasticloadbalancing', `loadbalancer/app/shop/${hexDigits(random, 16)}`), [
      daily(meters.loadBalancerHours, 24),
      daily(meters.loadBalancerCapacity, 31, 0.5),
    ]),
    make(arn(site, 'ec2', `natgateway/nat-${hexDigits(random, 17)}`), [
      daily(meters.natGatewayHours, 24),
      daily(meters.natGatewayBytes, 180, 0.4),
    ]),
    make(arn(site, 'ec2', `elastic-ip/eipalloc-${hexDigits(random, 17)}`), [daily(meters.usedIpv4, 24)]),
    make(arn(site, 'rds', 'db:orders'), [
      daily(meters.databaseHours, 24),
      daily(meters.databaseGp3Storage, 400 / site.daysInMonth),
    ]),
  ];
}

/** Makes a resource of a payer, with an account, a zone and tags. */
export type Make = (id: string, uses: readonly DailyUse[]) => Resource;

function webServer(site: Site, make: Make, random: Random): Resource[] {
  const type = pick(random, ['m6i.large', 'c6i.xlarge', 'r6g.large', 't3.medium']);
  const gigabytes = pick(random, [30, 50, 100, 200]);
  return [
    make(`i-${hexDigits(random, 17)}`, [
      daily(instanceHours(type), 24),
      daily(meters.dataTransferOut, between(random, 0.2, 6), 0.6),
      daily(meters.dataTransferIn, between(random, 0.2, 9), 0.6),
    ]),
    make(`vol-${hexDigits(random, 17)}`, [daily(meters.gp3Storage, gigabytes / site.daysInMonth)]),
  ];
}

function bucket(site: Site, make: Make, random: Random, index: number): Resource {
  return make(`sample-${site.payer.slice(0, 4)}-bucket-${index + 1}`, [
    daily(meters.objectStorage, between(random, 50, 5000) / site.daysInMonth, 0.02),
    daily(meters.putRequests, between(random, 1000, 90_000), 0.5),
    daily(meters.getRequests, between(random, 10_000, 900_000), 0.5),
  ]);
}

function lambdaFunction(site: Site, make: Make, random: Random): Resource {
  const name = pick(random, ['resize', 'invoice', 'notify', 'import', 'sweep']);
  return make(arn(site, 'lambda', `function:${name}-${hexDigits(random, 4)}`), [
    daily(meters.lambdaCompute, between(random, 2000, 60_000), 0.4),
    daily(meters.lambdaRequests, between(random, 10_000, 400_000), 0.4),
  ]);
}

export function maker({ payer, region }: Site, random: Random): Make {
  const accounts = memberAccounts(payer);
  return (id, uses) => {
    const environment = pick(random, ['production', 'production', 'staging', 'development']);
    const department = pick(random, ['shop', 'logistics', 'data']);
    return {
      id,
      uses,
      account: accounts.find((account) => id.includes(account)) ?? pick(random, accounts),
      zone: `${region.code}${pick(random, ['a', 'b', 'c'])}`,
      tags: {
        user_environment: environment,
        user_department: department,
        user_cost_center: `CC-${department.length}00`,
      },
    };
  };
}

export function daily(meter: ResourceMeter, amountPerDay: number, spread = 0): DailyUse {
  return { meter, amountPerDay, spread };
}

export function arn({ payer, region }: Site, service: string, resource: string): string {
  return `arn:aws:${service}:${region.code}:${memberAccounts(payer)[0]}:${resource}`;
}
