import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, type ScalarTag, type YAMLSeq } from 'yaml';

/** Where the template that payer accounts deploy lies. */
export const TEMPLATE_PATH = fileURLToPath(new URL('../../resources/payer-account.yml', import.meta.url));
export const TEMPLATE_TEXT = readFileSync(TEMPLATE_PATH, 'utf8');

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/**
 * The part of a CloudFormation template that the tests look at, with the short forms (`!Sub`)
 * written out (`Fn::Sub`).
 */
export interface Template {
  readonly Parameters: Readonly<Record<string, { readonly Default?: string; readonly AllowedPattern: string }>>;
  readonly Conditions: Readonly<Record<string, Json>>;
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Condition?: string; readonly Properties: Json }>
  >;
  readonly Outputs: Readonly<Record<string, { readonly Condition?: string; readonly Value: Json }>>;
}

export const TEMPLATE: Template = parse(TEMPLATE_TEXT, {
  customTags: ['Ref', 'Condition', 'Sub', 'GetAtt', 'If', 'Equals', 'Not', 'And'].flatMap(shortForms),
});

/** `!Name value` means `{ 'Fn::Name': value }`, whether the value is a text or a list. */
function shortForms(name: string) {
  const long = name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`;
  const scalar: ScalarTag = { tag: `!${name}`, resolve: (text) => ({ [long]: text }) };
  const list = {
    tag: `!${name}`,
    collection: 'seq' as const,
    resolve: (items: unknown) => ({ [long]: (items as YAMLSeq).toJSON() }),
  };
  return [scalar, list];
}

/** What CloudFormation makes of the template in one account and region. */
export interface Resolved {
  /**
   * The resources whose conditions hold, by their logical names. A reference to another one reads
   * `<Name>` or `<Name.Attribute>`.
   */
  readonly resources: Readonly<Record<string, Json>>;
  readonly outputs: Readonly<Record<string, Json>>;
}

export interface Deployment {
  readonly account: string;
  readonly region: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Resolves the intrinsic functions that the template uses. Throws an Error that names a function it
 * does not know.
 */
export function resolveTemplate({ account, region, parameters }: Deployment): Resolved {
  const values = new Map<string, string>([
    ['AWS::AccountId', account],
    ['AWS::Region', region],
    ['AWS::Partition', 'aws'],
    ['AWS::URLSuffix', 'amazonaws.com'],
  ]);
  for (const [name, { Default }] of Object.entries(TEMPLATE.Parameters)) {
    const value = parameters[name] ?? Default;
    if (value === undefined) throw new Error(`parameter ${name} has no value`);
    values.set(name, value);
  }
  const holds = (condition?: string) => condition === undefined || evaluate({ Condition: condition }, values) === true;
  const kept = <T extends { readonly Condition?: string }>(all: Readonly<Record<string, T>>) =>
    Object.entries(all).filter(([, { Condition }]) => holds(Condition));
  return {
    resources: Object.fromEntries(
      kept(TEMPLATE.Resources).map(([name, { Properties }]) => [name, evaluate(Properties, values)]),
    ),
    outputs: Object.fromEntries(kept(TEMPLATE.Outputs).map(([name, { Value }]) => [name, evaluate(Value, values)])),
  };
}

/** How CloudFormation drops a property or a list's item. */
const NO_VALUE = '<AWS::NoValue>';

function evaluate(node: Json | undefined, values: ReadonlyMap<string, string>): Json {
  if (node === undefined || node === null || typeof node !== 'object') return node ?? null;
  const inner = (child: Json | undefined) => evaluate(child, values);
  if (isList(node)) return node.map(inner).filter((item) => item !== NO_VALUE);
  const [name, ...more] = Object.keys(node);
  const operand = name === undefined ? undefined : node[name];
  if (name !== undefined && more.length === 0 && operand !== undefined && isIntrinsic(name)) {
    return call(name, operand, values);
  }
  const entries = Object.entries(node).map(([key, child]) => [key, inner(child)] as const);
  return Object.fromEntries(entries.filter(([, child]) => child !== NO_VALUE));
}

function isIntrinsic(name: string): boolean {
  return name === 'Ref' || name === 'Condition' || name.startsWith('Fn::');
}

function call(name: string, operand: Json, values: ReadonlyMap<string, string>): Json {
  const inner = (child: Json | undefined) => evaluate(child, values);
  const [first, second, third] = isList(operand) ? operand : [operand];
  switch (name) {
    // A statement has a Condition of its own: an object, where the reference to one of the
    // template's is a text.
    case 'Condition':
      return typeof first === 'string' ? inner(TEMPLATE.Conditions[first]) : { Condition: inner(first) };
    case 'Ref':
      return values.get(String(first)) ?? `<${first}>`;
    case 'Fn::GetAtt':
      return `<${first}>`;
    case 'Fn::Equals':
      return inner(first) === inner(second);
    case 'Fn::Not':
      return inner(first) !== true;
    case 'Fn::And':
      return inner(first) === true && inner(second) === true;
    case 'Fn::If':
      return inner({ Condition: first ?? null }) === true ? inner(second) : inner(third);
    case 'Fn::Sub': {
      const own = new Map(Object.entries((inner(second ?? {}) ?? {}) as Record<string, Json>));
      return String(first).replace(/\$\{([^}]+)\}/g, (_, key) => String(own.get(key) ?? values.get(key) ?? `<${key}>`));
    }
    default:
      throw new Error(`the function ${name} is not known here`);
  }
}

/** The code of a custom resource's function, as CloudFormation writes it to index.js. */
export function inlineCode(id: 'Connector' | 'Inspector'): string {
  return String(at(TEMPLATE.Resources[id]?.Properties, 'Code', 'ZipFile'));
}

/** Goes down into a value by names and positions; null where there is nothing. */
export function at(value: Json | undefined, ...path: readonly (string | number)[]): Json {
  const [step, ...rest] = path;
  if (value === undefined || value === null || typeof value !== 'object')
    return step === undefined ? (value ?? null) : null;
  if (step === undefined) return value;
  const child = isList(value) ? value[Number(step)] : value[step];
  return at(child, ...rest);
}

export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
