/**
 * Something that AWS meters, and its price. Prices are AWS's public ones of US East (N. Virginia),
 * in dollars.
 */
export interface ResourceMeter {
  readonly productCode: string;
  readonly productName: string;
  readonly productFamily: string;
  /** Without the region's code. */
  readonly usageType: string;
  /** The usage type carries the region's long code. */
  readonly longCode?: boolean;
  readonly operation: string;
  readonly unit: string;
  readonly usdPerUnit: number;
  /** Of instances: how many small ones it counts for (1 for a small, 4 for a large). */
  readonly normalizationFactor?: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A check of the wastage analytics for which the sample holds something to find. */
export type PlantedCheck =
  | 'idle load balancer'
  | 'idle NAT gateway'
  | 'gp2 volume'
  | 'RDS gp2 or io1 storage'
  | 'OpenSearch gp2 storage'
  | 'unused reservation'
  | 'unused savings plan'
  | 'idle public IPv4'
  | 'previous-generation instance'
  | 'T-instance CPU credits'
  | 'Glue development endpoint';

/** A resource and what it uses every day. */
export interface Resource {
  readonly id: string;
  readonly account: string;
  readonly zone?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly uses: readonly DailyUse[];
  /** What it was planted for; healthy resources have none. */
  readonly planted?: PlantedCheck;
}

/**
 * `amountPerDay` in the meter's unit. `spread` is how far a day may be from it: 0 not at all, 0.5
 * by half.
 */
export interface DailyUse {
  readonly meter: ResourceMeter;
  readonly amountPerDay: number;
  readonly spread: number;
}
