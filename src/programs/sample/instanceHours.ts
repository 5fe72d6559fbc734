import type { ResourceMeter } from './resource.ts';

interface InstanceFacts {
  readonly type: string;
  readonly usdPerHour: number;
  readonly vcpu: string;
  readonly memory: string;
  readonly family: string;
  readonly processor: string;
  readonly factor: number;
}

const intel = 'Intel Xeon Platinum 8375C (Ice Lake)';
const INSTANCES: readonly InstanceFacts[] = [
  {
    type: 'm6i.large',
    usdPerHour: 0.096,
    vcpu: '2',
    memory: '8 GiB',
    family: 'General purpose',
    processor: intel,
    factor: 4,
  },
  {
    type: 'c6i.xlarge',
    usdPerHour: 0.17,
    vcpu: '4',
    memory: '8 GiB',
    family: 'Compute optimized',
    processor: intel,
    factor: 8,
  },
  {
    type: 'r6g.large',
    usdPerHour: 0.1008,
    vcpu: '2',
    memory: '16 GiB',
    family: 'Memory optimized',
    processor: 'AWS Graviton2 Processor',
    factor: 4,
  },
  {
    type: 't3.medium',
    usdPerHour: 0.0416,
    vcpu: '2',
    memory: '4 GiB',
    family: 'General purpose',
    processor: 'Intel Skylake E5 2686 v5',
    factor: 2,
  },
  {
    type: 'c5.large',
    usdPerHour: 0.085,
    vcpu: '2',
    memory: '4 GiB',
    family: 'Compute optimized',
    processor: 'Intel Xeon Platinum 8124M',
    factor: 4,
  },
  {
    type: 'm4.large',
    usdPerHour: 0.1,
    vcpu: '2',
    memory: '8 GiB',
    family: 'General purpose',
    processor: 'Intel Xeon E5-2676 v3 (Haswell)',
    factor: 4,
  },
  {
    type: 'c4.xlarge',
    usdPerHour: 0.199,
    vcpu: '4',
    memory: '7.5 GiB',
    family: 'Compute optimized',
    processor: 'Intel Xeon E5-2666 v3 (Haswell)',
    factor: 8,
  },
];

/**
 * Hours of a Linux instance of the given type. Throws a RangeError for a type that the sample has
 * no facts about.
 */
export function instanceHours(type: string): ResourceMeter {
  const facts = INSTANCES.find((instance) => instance.type === type);
  if (!facts) throw new RangeError(`no facts about the instance type ${JSON.stringify(type)}`);
  const family = type.split('.')[0] ?? type;
  return {
    productCode: 'AmazonEC2',
    productName: 'Amazon Elastic Compute Cloud',
    productFamily: 'Compute Instance',
    usageType: `BoxUsage:${type}`,
    operation: 'RunInstances',
    unit: 'Hrs',
    usdPerUnit: facts.usdPerHour,
    normalizationFactor: facts.factor,
    attributes: {
      instance_type: type,
      instance_type_family: family,
      instance_family: facts.family,
      vcpu: facts.vcpu,
      memory: facts.memory,
      physical_processor: facts.processor,
      processor_architecture: '64-bit',
      operating_system: 'Linux',
      tenancy: 'Shared',
      current_generation: 'Yes',
      license_model: 'No License required',
      pre_installed_sw: 'NA',
      capacitystatus: 'Used',
      normalization_size_factor: String(facts.factor),
    },
  };
}
