/** A CloudFormation template as the framework has compiled it. */
export interface StackTemplate {
  readonly Resources: Readonly<Record<string, StackResource>>;
}

export interface StackResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** A statement of a policy, as far as it is read here. */
interface RoleStatement {
  readonly Action?: unknown;
  readonly Resource?: unknown;
}

/** The same template, with what `change` makes of each resource of a type. */
export function mapResources(
  template: StackTemplate,
  type: string,
  change: (resource: StackResource, id: string) => StackResource,
): StackTemplate {
  const entries = Object.entries(template.Resources).map(([id, resource]) => [
    id,
    resource.Type === type ? change(resource, id) : resource,
  ]);
  return { ...template, Resources: Object.fromEntries(entries) };
}

export function withProperties(resource: StackResource, more: Readonly<Record<string, unknown>>): StackResource {
  return { ...resource, Properties: { ...resource.Properties, ...more } };
}

export function withoutProperty(resource: StackResource, name: string): StackResource {
  const { [name]: _, ...rest } = resource.Properties ?? {};
  return { ...resource, Properties: rest };
}

/** A policy that a role carries itself. */
interface RolePolicy {
  readonly PolicyName: string;
  readonly PolicyDocument: { readonly Version: string; readonly Statement: readonly object[] };
}

/** The statements that a role carries itself. */
export function statementsOf(role: StackResource): RoleStatement[] {
  return policiesOf(role).flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

/** The role with one more policy; as it was where there are no statements. */
export function withPolicy(role: StackResource, name: string, statements: readonly object[]): StackResource {
  if (statements.length === 0) return role;
  const policy: RolePolicy = { PolicyName: name, PolicyDocument: { Version: '2012-10-17', Statement: statements } };
  return withProperties(role, { Policies: [...policiesOf(role), policy] });
}

function policiesOf(role: StackResource): readonly RolePolicy[] {
  return (role.Properties?.Policies ?? []) as readonly RolePolicy[];
}
