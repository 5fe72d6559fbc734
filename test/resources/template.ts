/** A CloudFormation template, as JSON. */
export interface Template {
  readonly Resources: Record<string, Resource>;
  readonly Mappings?: Json;
  readonly Outputs?: Record<string, Output>;
}

export interface Output {
  readonly Description?: string;
  readonly Value: Json;
}

export interface Resource {
  Type: string;
  DependsOn?: string[];
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  Properties: { [name: string]: Json };
}

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** What lies at a path such as `Properties.Targets.0.Id`; undefined when there is nothing. */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((part, name) => {
    return typeof part === 'object' && part !== null ? Reflect.get(part, name) : undefined;
  }, value);
}

/** The same for a list: empty when there is none. A lone value is a list of one, as IAM has it. */
export function listAt(value: unknown, path: string): unknown[] {
  const found = at(value, path);
  if (found === undefined) return [];
  return Array.isArray(found) ? found : [found];
}

/** The resources of a type, by logical id. */
export function resourcesOf({ Resources }: Template, type: string): [id: string, resource: Resource][] {
  return Object.entries(Resources).filter(([, { Type }]) => Type === type);
}

/** The logical id that `Ref` or `Fn::GetAtt` points to; undefined when the value is neither. */
export function targetOf(value: unknown): string | undefined {
  const id = at(value, 'Ref') ?? at(value, 'Fn::GetAtt.0');
  return typeof id === 'string' ? id : undefined;
}

/** A statement of a policy, and where it stands. */
export interface PlacedStatement {
  readonly where: string;
  readonly statement: unknown;
}

/** The statements of all policies that roles carry: their own, and those attached. */
export function identityStatements(template: Template): PlacedStatement[] {
  const own = resourcesOf(template, 'AWS::IAM::Role').flatMap(([id, role]) =>
    listAt(role, 'Properties.Policies').flatMap((policy) => placed(id, listAt(policy, 'PolicyDocument.Statement'))),
  );
  const attached = resourcesOf(template, 'AWS::IAM::ManagedPolicy').flatMap(([id, policy]) =>
    placed(id, listAt(policy, 'Properties.PolicyDocument.Statement')),
  );
  return [...own, ...attached];
}

function placed(where: string, statements: readonly unknown[]): PlacedStatement[] {
  return statements.map((statement) => ({ where, statement }));
}

/**
 * The statements of the policies that buckets and queues carry, by the logical id of the bucket or
 * queue.
 */
export function resourceStatements(template: Template): PlacedStatement[] {
  const buckets = resourcesOf(template, 'AWS::S3::BucketPolicy').flatMap(([, policy]) =>
    placed(targetOf(at(policy, 'Properties.Bucket')) ?? '', listAt(policy, 'Properties.PolicyDocument.Statement')),
  );
  const queues = resourcesOf(template, 'AWS::SQS::QueuePolicy').flatMap(([, policy]) =>
    listAt(policy, 'Properties.Queues').flatMap((queue) =>
      placed(targetOf(queue) ?? '', listAt(policy, 'Properties.PolicyDocument.Statement')),
    ),
  );
  return [...buckets, ...queues];
}
