import { readFileSync } from 'node:fs';
import { type Rule, set } from './rule.ts';
import { identityStatements, listAt, type Template } from './template.ts';

interface LedgerWrite {
  readonly actions: readonly string[];
  readonly keys: readonly string[];
}

/** The actions of a statement that change the ledger, without their service. */
function ledgerWritesIn(statement: unknown): string[] {
  const actions = listAt(statement, 'Action').map(String);
  return actions.flatMap((action) => /^dynamodb:((Put|Update|Delete)Item)$/.exec(action)?.[1] ?? []);
}

/**
 * What a role may write in the ledger, statement by statement. `*` stands for a key where a
 * statement names none.
 */
function writesOf(template: Template, role: string): LedgerWrite[] {
  const statements = identityStatements(template).filter(({ where }) => where === role);
  return statements.flatMap(({ statement }) => {
    const actions = ledgerWritesIn(statement);
    const keys = listAt(statement, 'Condition.ForAllValues:StringLike.dynamodb:LeadingKeys').map(String);
    return actions.length === 0 ? [] : [{ actions, keys: keys.length === 0 ? ['*'] : keys }];
  });
}

const writeText = ({ actions, keys }: LedgerWrite) => `${actions.join()} ${keys.join()}`;
const sameTexts = (a: readonly string[], b: readonly string[]) => a.join(';') === b.toSorted().join(';');

const PARTITIONS = 'PutItem,UpdateItem partition#*,payers#*,periods';
const LEDGER_WRITES: Readonly<Record<string, readonly string[]>> = {
  CopyRole: ['PutItem outbox,schema#*', 'PutItem,UpdateItem counts#*', PARTITIONS],
  FinalizeRole: ['DeleteItem outbox,partition#*', 'PutItem,UpdateItem outbox,partition#*,payers#*,period#*,periods'],
  ReconcileRole: ['PutItem activity,configuration,outbox', PARTITIONS, 'PutItem,UpdateItem reconcile#*'],
  SweepRole: ['PutItem activity', 'UpdateItem periods'],
};
/** The kinds of `pk` in the table above src/adapters/dynamodb/keys.ts, as patterns. */
const KINDS = [
  ...readFileSync(new URL('../../src/adapters/dynamodb/keys.ts', import.meta.url), 'utf8').matchAll(
    /^ \* {3}([a-z]+#?)\S* {2,}\S/gm,
  ),
].map(([, kind = '']) => (kind.endsWith('#') ? `${kind}*` : kind));

export const ledgerRules: readonly Rule[] = [
  {
    name: 'each role writes the kinds of items that are its function’s, and no others',
    violations: (template) => {
      const found = Object.fromEntries(
        Object.keys(LEDGER_WRITES).map((role) => [role, writesOf(template, role).map(writeText).toSorted()]),
      );
      const others = identityStatements(template).filter(
        ({ where, statement }) => !(where in LEDGER_WRITES) && ledgerWritesIn(statement).length > 0,
      );
      const wrong = Object.entries(LEDGER_WRITES).filter(([role, wanted]) => !sameTexts(found[role] ?? [], wanted));
      return [...wrong.map(([role]) => `${role}: ${found[role]?.join('; ')}`), ...others.map(({ where }) => where)];
    },
    breaks: [
      set('CopyRole.Properties.Policies.0.PolicyDocument.Statement.3.Condition', undefined),
      set('CopyRole.Properties.Policies.0.PolicyDocument.Statement.2.Action', ['dynamodb:PutItem']),
      set('CopyRole.Properties.Policies.0.PolicyDocument.Statement.4.Condition', {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['configuration'] },
      }),
      set('FinalizeRole.Properties.Policies.0.PolicyDocument.Statement.3.Condition', undefined),
      set('SweepRole.Properties.Policies.0.PolicyDocument.Statement.0.Action', ['dynamodb:DeleteItem']),
      set('ReconcileRole.Properties.Policies.0.PolicyDocument.Statement.4.Condition', undefined),
    ],
  },
  {
    name: 'copy changes neither the configuration nor a lease',
    violations: (template) =>
      writesOf(template, 'CopyRole').flatMap(({ keys }) => {
        const matches = (pk: string) => keys.some((key) => pk.startsWith(key.replace('*', '')));
        return matches('configuration') || matches('period#2026-10') ? [keys.join()] : [];
      }),
    breaks: [
      set('CopyRole.Properties.Policies.0.PolicyDocument.Statement.4.Condition', undefined),
      set('CopyRole.Properties.Policies.0.PolicyDocument.Statement.3.Condition', undefined),
    ],
  },
  {
    name: 'the keys that roles write are kinds of items that the ledger has',
    violations: (template) =>
      Object.keys(LEDGER_WRITES)
        .flatMap((role) => writesOf(template, role))
        .flatMap(({ keys }) => keys.filter((key) => !KINDS.includes(key))),
    breaks: [
      set('SweepRole.Properties.Policies.0.PolicyDocument.Statement.2.Condition', {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['activities'] },
      }),
    ],
  },
];
