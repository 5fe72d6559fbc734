import { type Rule, set } from './rule.ts';
import { at, identityStatements, listAt, resourcesOf, type Template, targetOf } from './template.ts';

/** Services whose principals are called the same in every partition. */
const PRINCIPALS = ['events.amazonaws.com', 'lambda.amazonaws.com', 'scheduler.amazonaws.com'];

/** Every text of a value, with the path to it. */
function textsIn(value: unknown, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => textsIn(part, path === '' ? name : `${path}.${name}`));
}

/**
 * The functions that a function's messages can start, by way of the queues that its role may send
 * to.
 */
function startedBy(template: Template, id: string): string[] {
  const role = targetOf(at(template.Resources, `${id}.Properties.Role`));
  const queues = identityStatements(template)
    .filter(({ where, statement }) => where === role && listAt(statement, 'Action').includes('sqs:SendMessage'))
    .flatMap(({ statement }) => listAt(statement, 'Resource').map(targetOf));
  return resourcesOf(template, 'AWS::Lambda::EventSourceMapping').flatMap(([, mapping]) => {
    const started = targetOf(at(mapping, 'Properties.FunctionName'));
    return started !== undefined && queues.includes(targetOf(at(mapping, 'Properties.EventSourceArn')))
      ? [started]
      : [];
  });
}

function canStartItself(template: Template, id: string): boolean {
  const reached = new Set<string>();
  const next = startedBy(template, id);
  for (let one = next.pop(); one !== undefined; one = next.pop()) {
    if (reached.has(one)) continue;
    reached.add(one);
    next.push(...startedBy(template, one));
  }
  return reached.has(id);
}

/**
 * Lambda Developer Guide: a function that is in no loop needs none allowed. Reconcile is about to
 * get a queue of its own.
 */
const MAY_ALLOW = ['ReconcileLambdaFunction'];

export const stageRules: readonly Rule[] = [
  {
    name: 'a function that can start itself through a queue is allowed to, and no other is',
    violations: (template) =>
      resourcesOf(template, 'AWS::Lambda::Function').flatMap(([id, { Properties }]) => {
        const allowed = Properties.RecursiveLoop === 'Allow';
        if (canStartItself(template, id) === allowed) return [];
        return allowed && MAY_ALLOW.includes(id) ? [] : [id];
      }),
    breaks: [
      set('FinalizeLambdaFunction.Properties.RecursiveLoop', 'Terminate'),
      set('CopyLambdaFunction.Properties.RecursiveLoop', undefined),
      set('SweepLambdaFunction.Properties.RecursiveLoop', 'Allow'),
    ],
  },
  {
    name: 'every ARN takes its partition from the stack, but for those that somebody has given whole',
    violations: ({ Resources }) =>
      textsIn(Resources)
        .filter(([path, text]) => /\barn:aws\b/.test(text) && !/PermissionsBoundary$/.test(path))
        .filter(([, text]) => !/^arn:aws[a-z-]*:kms:/.test(text))
        .map(([path]) => path),
    breaks: [
      set('CopyRole.Properties.Policies.0.PolicyDocument.Statement.0.Resource', 'arn:aws:s3:::staging/year=*'),
      set('CopyDeadLetterQueue.Properties.RedriveAllowPolicy.sourceQueueArns.0', 'arn:aws:sqs:us-east-1:1:copy'),
    ],
  },
  {
    name: 'services are called as in every partition',
    violations: ({ Resources }) =>
      textsIn(Resources)
        .filter(([path, text]) => /Principal\.Service/.test(path) && !PRINCIPALS.includes(text))
        .map(([path]) => path),
    breaks: [
      set('SweepRole.Properties.AssumeRolePolicyDocument.Statement.0.Principal.Service', 'lambda.amazonaws.com.cn'),
      set('ScheduleRole.Properties.AssumeRolePolicyDocument.Statement.0.Principal.Service', 'ec2.amazonaws.com'),
    ],
  },
  {
    name: 'hosts of AWS that stand in the template are those of the stack’s partition',
    violations: ({ Resources }) =>
      textsIn(Resources)
        .filter(([path, text]) => /amazonaws\.com/.test(text) && !/Principal\.Service/.test(path))
        .filter(([, text]) => !/^[a-z0-9]+\.\$\{AWS::Region\}\.amazonaws\.com$/.test(text))
        .map(([path]) => path),
    breaks: [
      set(
        'PayerReads1.Properties.PolicyDocument.Statement.1.Condition.StringLike.kms:ViaService.0',
        's3.*.amazonaws.com',
      ),
    ],
  },
];
