import {
  copyVariables,
  EnvironmentInvalid,
  finalizeVariables,
  parseEnvironment,
  reconcileVariables,
  statusVariables,
  sweepVariables,
} from '../../src/config/environment.ts';
import { type Rule, set } from './rule.ts';
import { at, identityStatements, listAt, resourcesOf, type Template, targetOf } from './template.ts';

const FUNCTIONS = {
  CopyLambdaFunction: { handler: 'functions/copy.handler', variables: copyVariables },
  ManifestLambdaFunction: { handler: 'functions/manifest.handler', variables: copyVariables },
  FinalizeLambdaFunction: { handler: 'functions/finalize.handler', variables: finalizeVariables },
  ReconcileLambdaFunction: { handler: 'functions/reconcile.handler', variables: reconcileVariables },
  SweepLambdaFunction: { handler: 'functions/sweep.handler', variables: sweepVariables },
  StatusLambdaFunction: { handler: 'functions/status.handler', variables: statusVariables },
};

const functionsOf = (template: Template) => resourcesOf(template, 'AWS::Lambda::Function');

/** The variables of a function; those that are no text are left out. */
export function environmentOf(lambda: unknown): Record<string, string> {
  const variables = Object.entries(at(lambda, 'Properties.Environment.Variables') ?? {});
  return Object.fromEntries(variables.filter(([, value]) => typeof value === 'string'));
}

export const functionRules: readonly Rule[] = [
  {
    name: 'six functions run on Node.js 24 and arm64, each from a bundle of its own',
    violations: (template) => {
      const missing = Object.keys(FUNCTIONS).filter((id) => !template.Resources[id]);
      const wrong = functionsOf(template).flatMap(([id, { Properties }]) => {
        const expected = Object.entries(FUNCTIONS).find(([name]) => name === id)?.[1].handler;
        const name = expected?.replace(/^functions\/(.*)\.handler$/, '/$1.zip');
        const right =
          Properties.Runtime === 'nodejs24.x' &&
          JSON.stringify(Properties.Architectures) === '["arm64"]' &&
          Properties.Handler === expected &&
          String(at(Properties, 'Code.S3Key')).endsWith(name ?? '-');
        return right ? [] : [id];
      });
      return [...missing, ...wrong];
    },
    breaks: [
      set('CopyLambdaFunction.Properties.Runtime', 'nodejs22.x'),
      set('SweepLambdaFunction.Properties.Architectures', undefined),
      set('SweepLambdaFunction.Properties.Handler', 'functions/copy.handler'),
      set('SweepLambdaFunction.Properties.Code.S3Key', 'cur-reactor.zip'),
    ],
  },
  {
    name: 'a function’s environment is what its code asks for, in plain texts that work without CloudFormation too',
    violations: ({ Resources }) =>
      Object.entries(FUNCTIONS).flatMap(([id, { variables }]) => {
        const environment = environmentOf(Resources[id]);
        const all = Object.keys(at(Resources[id], 'Properties.Environment.Variables') ?? {});
        try {
          parseEnvironment(variables, environment);
          return all.length === Object.keys(environment).length ? [] : [`${id} refers to something`];
        } catch (error) {
          if (error instanceof EnvironmentInvalid) return [`${id}: ${error.message}`];
          throw error;
        }
      }),
    breaks: [
      set('ReconcileLambdaFunction.Properties.Environment.Variables.RECONCILE_CONCURRENCY', undefined),
      set('FinalizeLambdaFunction.Properties.Environment.Variables.LEASE_SECONDS', '0'),
      set('CopyLambdaFunction.Properties.Environment.Variables.EXTRA', { Ref: 'CopyQueue' }),
    ],
  },
  {
    name: 'the names in the environments are those of the stack’s own table, bucket and queues',
    violations: ({ Resources }) => {
      const expected = {
        LEDGER_TABLE: at(Resources, 'LedgerTable.Properties.TableName'),
        STAGING_BUCKET: at(Resources, 'StagingBucket.Properties.BucketName'),
        COPY_QUEUE: at(Resources, 'CopyQueue.Properties.QueueName'),
        MANIFEST_QUEUE: at(Resources, 'ManifestQueue.Properties.QueueName'),
        FINALIZE_QUEUE: at(Resources, 'FinalizeQueue.Properties.QueueName'),
        RECONCILE_QUEUE: at(Resources, 'ReconcileQueue.Properties.QueueName'),
      };
      return Object.keys(FUNCTIONS).flatMap((id) => {
        const environment = environmentOf(Resources[id]);
        return Object.entries(expected).flatMap(([name, value]) =>
          environment[name] && environment[name] !== value ? [`${id} ${name}`] : [],
        );
      });
    },
    breaks: [
      set('LedgerTable.Properties.TableName', 'another-table'),
      set('SweepLambdaFunction.Properties.Environment.Variables.FINALIZE_QUEUE', 'another-queue'),
    ],
  },
  {
    name: 'status counts the messages of every queue of the stack, and may',
    violations: (template) => {
      const { QUEUES = '', DEAD_LETTER_QUEUES = '' } = environmentOf(template.Resources.StatusLambdaFunction);
      const [queues, dead] = [QUEUES, DEAD_LETTER_QUEUES].map((names) => names.split(',').toSorted().join());
      const all = resourcesOf(template, 'AWS::SQS::Queue');
      const named = (isDead: boolean) =>
        all
          .map(([, { Properties }]) => String(Properties.QueueName))
          .filter((name) => name.endsWith('-dlq') === isDead);
      const allowed = identityStatements(template)
        .filter(({ where }) => where === 'StatusRole')
        .filter(({ statement }) => listAt(statement, 'Action').includes('sqs:GetQueueAttributes'))
        .flatMap(({ statement }) => listAt(statement, 'Resource').map(targetOf));
      return [
        ...(queues === named(false).toSorted().join() ? [] : ['QUEUES']),
        ...(dead === named(true).toSorted().join() ? [] : ['DEAD_LETTER_QUEUES']),
        ...all.flatMap(([id]) => (allowed.includes(id) ? [] : [id])),
      ];
    },
    breaks: [
      set('StatusLambdaFunction.Properties.Environment.Variables.QUEUES', 'another-queue'),
      set('StatusLambdaFunction.Properties.Environment.Variables.DEAD_LETTER_QUEUES', 'another-queue'),
      set('StatusRole.Properties.Policies.0.PolicyDocument.Statement.1.Resource.0.Fn::GetAtt.0', 'OtherQueue'),
    ],
  },
  {
    name: 'a finalizer’s lease outlasts its invocation',
    violations: ({ Resources }) => {
      const lambda = Resources.FinalizeLambdaFunction;
      const leaseSeconds = Number(environmentOf(lambda).LEASE_SECONDS);
      return leaseSeconds > Number(at(lambda, 'Properties.Timeout')) ? [] : ['FinalizeLambdaFunction'];
    },
    breaks: [set('FinalizeLambdaFunction.Properties.Environment.Variables.LEASE_SECONDS', '900')],
  },
];
