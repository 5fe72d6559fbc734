import { at, identityStatements, listAt, type Template } from '../resources/template.ts';
import type { AwsRequest } from './faultProxy.ts';

/**
 * One write of DynamoDB as IAM sees it: those of a transaction one by one (DynamoDB Developer
 * Guide, IAM and transactions).
 */
interface LedgerWrite {
  readonly action: string;
  readonly pk: string;
  /** The attributes that are written, or named in an expression. */
  readonly attributes: readonly string[];
}

/**
 * What of these requests the statements of a role do not allow, as texts: `UpdateItem
 * period#2026-10: epoch, pk, sk`.
 */
export function refusedWrites(template: Template, role: string, requests: readonly AwsRequest[]): string[] {
  const statements = identityStatements(template).flatMap(({ where, statement }) =>
    where === role ? [statement] : [],
  );
  const refused = requests
    .flatMap(writesIn)
    .filter((write) => !statements.some((statement) => allows(statement, write)))
    .map(({ action, pk, attributes }) => `${action} ${pk}: ${attributes.join(', ')}`);
  return [...new Set(refused)];
}

function allows(statement: unknown, { action, pk, attributes }: LedgerWrite): boolean {
  const keys = listAt(statement, 'Condition.ForAllValues:StringLike.dynamodb:LeadingKeys').map(String);
  const named = listAt(statement, 'Condition.ForAllValues:StringEquals.dynamodb:Attributes').map(String);
  return (
    listAt(statement, 'Action').includes(`dynamodb:${action}`) &&
    (keys.length === 0 || keys.some((key) => (key.endsWith('*') ? pk.startsWith(key.slice(0, -1)) : pk === key))) &&
    (named.length === 0 || attributes.every((attribute) => named.includes(attribute)))
  );
}

const ACTIONS: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
};

function writesIn({ operation = '', body }: AwsRequest): LedgerWrite[] {
  if (['PutItem', 'UpdateItem', 'DeleteItem'].includes(operation)) return [writeOf(operation, JSON.parse(body))];
  if (operation !== 'TransactWriteItems') return [];
  return listAt(JSON.parse(body), 'TransactItems').flatMap((item) =>
    Object.entries(item ?? {}).map(([kind, step]) => writeOf(ACTIONS[kind] ?? kind, step)),
  );
}

function writeOf(action: string, request: unknown): LedgerWrite {
  const item = at(request, 'Item') ?? at(request, 'Key') ?? {};
  const names: Record<string, unknown> = { ...(at(request, 'ExpressionAttributeNames') ?? {}) };
  const expressions = [at(request, 'UpdateExpression'), at(request, 'ConditionExpression')].map((one) =>
    String(one ?? ''),
  );
  const attributes = new Set([
    ...Object.keys(item),
    ...expressions.flatMap(namesIn).map((name) => String(names[name] ?? name)),
  ]);
  return { action, pk: String(at(item, 'pk.S')), attributes: [...attributes].toSorted() };
}

/**
 * Words of the expressions' language (DynamoDB Developer Guide, Condition and filter expressions,
 * Update expressions).
 */
const WORDS = /^(set|remove|add|delete|and|or|not|in|between)$/i;

/**
 * The attributes that an expression names: neither values (`:one`), nor functions, nor words of the
 * language.
 */
function namesIn(expression: string): string[] {
  return [...expression.matchAll(/(?<![:\w#])#?[A-Za-z_]\w*(?!\w*\()/g)]
    .map(([name]) => name)
    .filter((name) => !WORDS.test(name));
}
