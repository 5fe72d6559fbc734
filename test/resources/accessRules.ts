import { type Rule, set, take } from './rule.ts';
import { at, identityStatements, listAt, resourcesOf, type Template, targetOf } from './template.ts';

const functionsOf = (template: Template) => resourcesOf(template, 'AWS::Lambda::Function');

/** The services that a role's own policies may speak of. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  CopyRole: ['dynamodb', 'logs', 's3', 'sqs'],
  FinalizeRole: ['dynamodb', 'logs', 's3', 'secretsmanager', 'sqs'],
  ReconcileRole: ['dynamodb', 'logs', 's3', 'secretsmanager', 'sqs'],
  SweepRole: ['dynamodb', 'logs', 'sqs'],
  StatusRole: ['dynamodb', 'logs', 'sqs'],
  ScheduleRole: ['lambda', 'sqs'],
};

/** The accounts or the organization that a statement keeps to. */
function ownersNamed(statement: unknown): unknown[] {
  const names = ['aws:ResourceAccount', 'aws:ResourceOrgID'];
  return names.flatMap((name) => listAt(statement, `Condition.StringEquals.${name}`));
}

/**
 * Whether every bucket or key is meant, of named accounts, or of an organization without this
 * account: its policies say which.
 */
function isCompact(statement: unknown): boolean {
  const others = listAt(statement, 'Condition.StringNotEquals.aws:ResourceAccount').map((one) => at(one, 'Fn::Sub'));
  const byOrganization = listAt(statement, 'Condition.StringEquals.aws:ResourceOrgID').length > 0;
  const kept = byOrganization ? others.join() === '$' + '{AWS::AccountId}' : ownersNamed(statement).length > 0;
  const everything = /^arn:\$\{AWS::Partition\}:(s3:::\*(\/\*)?|kms:\*:\*:key\/\*)$/;
  return kept && listAt(statement, 'Resource').every((one) => everything.test(String(at(one, 'Fn::Sub'))));
}

/** What roles get where the stage has a VPC, or keys of its own. */
const OPTIONAL = ['ec2', 'kms'];

/** What Lambda needs to connect a function with a VPC: the interfaces have no names before. */
function isNetwork(statement: unknown): boolean {
  const network = /^ec2:(Describe|(Create|Delete)NetworkInterface$|(Una|A)ssignPrivateIpAddresses$)/;
  return listAt(statement, 'Action').every((action) => network.test(String(action)));
}

/**
 * Open to more than what is named before its first slash. Nothing that these roles do has to be
 * allowed so.
 */
function isOpen(value: unknown): boolean {
  const text = typeof value === 'string' ? value : String(at(value, 'Fn::Sub') ?? '');
  return /^\*|^arn:[^/]*\*/.test(text);
}

function actionsOf(template: Template, role: string): string[] {
  return identityStatements(template)
    .filter(({ where }) => where === role)
    .flatMap(({ statement }) => listAt(statement, 'Action').map(String));
}

export const accessRules: readonly Rule[] = [
  {
    name: 'roles name what they may do and to what: no star stands for either',
    violations: (template) =>
      identityStatements(template).flatMap(({ where, statement }) => {
        const resources = listAt(statement, 'Resource');
        const actions = listAt(statement, 'Action');
        if (at(statement, 'Effect') === 'Deny' || isNetwork(statement)) return [];
        const right =
          at(statement, 'Effect') === 'Allow' &&
          resources.length > 0 &&
          actions.length > 0 &&
          (!resources.some(isOpen) || (/^(Payer|Account)/.test(where) && isCompact(statement))) &&
          !actions.some((action) => String(action).includes('*')) &&
          at(statement, 'NotAction') === undefined &&
          at(statement, 'NotResource') === undefined;
        return right ? [] : [where];
      }),
    breaks: [
      set('CopyRole.Properties.Policies.0.PolicyDocument.Statement.0.Resource', '*'),
      set('PayerReads1.Properties.PolicyDocument.Statement.0.Resource.0', 'arn:aws:s3:::*'),
      set('SweepRole.Properties.Policies.0.PolicyDocument.Statement.0.Action', 'dynamodb:*'),
      set('SweepRole.Properties.Policies.0.PolicyDocument.Statement.0.Resource', undefined),
    ],
  },
  {
    name: 'each function has a role of its own, which only Lambda assumes; manifest does what copy does, by copy’s',
    violations: (template) => {
      const roleOf = (lambda: unknown) => targetOf(at(lambda, 'Properties.Role'));
      const others = functionsOf(template).filter(([id]) => id !== 'ManifestLambdaFunction');
      const roles = others.map(([, lambda]) => roleOf(lambda));
      const { ManifestLambdaFunction, CopyLambdaFunction } = template.Resources;
      if (roleOf(ManifestLambdaFunction) !== roleOf(CopyLambdaFunction)) return ['ManifestLambdaFunction'];
      return others.flatMap(([id], index) => {
        const role = roles[index];
        const trusted = listAt(template.Resources, `${role}.Properties.AssumeRolePolicyDocument.Statement`);
        const right =
          role !== undefined &&
          roles.indexOf(role) === roles.lastIndexOf(role) &&
          trusted.length === 1 &&
          at(trusted[0], 'Principal.Service') === 'lambda.amazonaws.com' &&
          at(trusted[0], 'Principal.AWS') === undefined;
        return right ? [] : [id];
      });
    },
    breaks: [
      set('SweepLambdaFunction.Properties.Role', { 'Fn::GetAtt': ['CopyRole', 'Arn'] }),
      set('ManifestLambdaFunction.Properties.Role', { 'Fn::GetAtt': ['SweepRole', 'Arn'] }),
      set('SweepRole.Properties.AssumeRolePolicyDocument.Statement.0.Principal', { AWS: '*' }),
      take('SweepRole'),
    ],
  },
  {
    name: 'the role of the schedules is assumed for this account only, and invokes nothing but their functions',
    violations: (template) => {
      const [trusted] = listAt(template.Resources, 'ScheduleRole.Properties.AssumeRolePolicyDocument.Statement');
      const forThisAccount = at(trusted, 'Condition.StringEquals.aws:SourceAccount.Ref') === 'AWS::AccountId';
      const invoked = identityStatements(template)
        .filter(
          ({ where, statement }) => where === 'ScheduleRole' && at(statement, 'Action') === 'lambda:InvokeFunction',
        )
        .flatMap(({ statement }) => listAt(statement, 'Resource').map(targetOf));
      const scheduled = resourcesOf(template, 'AWS::Scheduler::Schedule').map(([, schedule]) =>
        targetOf(at(schedule, 'Properties.Target.Arn')),
      );
      const right = forThisAccount && invoked.toSorted().join() === scheduled.toSorted().join();
      return right ? [] : ['ScheduleRole'];
    },
    breaks: [
      set('ScheduleRole.Properties.AssumeRolePolicyDocument.Statement.0.Condition', undefined),
      set(
        'ScheduleRole.Properties.Policies.0.PolicyDocument.Statement.0.Resource.0.Fn::GetAtt.0',
        'CopyLambdaFunction',
      ),
    ],
  },
  {
    name: 'a function’s logs are kept for a time, and only its own role writes them',
    violations: (template) =>
      functionsOf(template).flatMap(([id, lambda]) => {
        const name = `/aws/lambda/${at(lambda, 'Properties.FunctionName')}`;
        const [group] = resourcesOf(template, 'AWS::Logs::LogGroup').filter(
          ([, { Properties }]) => Properties.LogGroupName === name,
        );
        if (!group || !(Number(group[1].Properties.RetentionInDays) > 0)) return [id];
        const writers = identityStatements(template)
          .filter(({ statement }) => listAt(statement, 'Resource').some((resource) => targetOf(resource) === group[0]))
          .map(({ where, statement }) => `${where} ${listAt(statement, 'Action').join()}`);
        const role = targetOf(at(lambda, 'Properties.Role'));
        return writers.join(';') === `${role} logs:CreateLogStream,logs:PutLogEvents` ? [] : [id];
      }),
    breaks: [
      set('CopyLogGroup.Properties.RetentionInDays', undefined),
      take('SweepLogGroup'),
      set('SweepRole.Properties.Policies.0.PolicyDocument.Statement.4.Resource.Fn::GetAtt.0', 'CopyLogGroup'),
    ],
  },
  {
    name: 'only copy reads payers’ files, only copy and reconcile list them, and both only while the owner is known',
    violations: (template) => {
      const attached = resourcesOf(template, 'AWS::IAM::Role').flatMap(([id, role]) =>
        listAt(role, 'Properties.ManagedPolicyArns').map((policy) => `${targetOf(policy)?.replace(/\d+$/, '')} ${id}`),
      );
      const wanted = ['PayerReads CopyRole', 'PayerListings CopyRole', 'PayerListings ReconcileRole'];
      const wrong = attached.filter((pair) => ![...wanted, 'AccountListings ReconcileRole'].includes(pair));
      const unattached = wanted.filter((pair) => !attached.includes(pair));
      const unowned = identityStatements(template)
        .filter(({ where }) => /^(Payer|Account)/.test(where))
        .filter(({ statement }) => {
          const owners = ownersNamed(statement);
          const viaS3 = at(statement, 'Condition.StringLike.kms:ViaService') !== undefined;
          return owners.length === 0 && !(viaS3 && at(statement, 'Action.0') === 'kms:Decrypt');
        })
        .map(({ where }) => where);
      return [...wrong, ...unattached, ...unowned];
    },
    breaks: [
      set('SweepRole.Properties.ManagedPolicyArns', [{ Ref: 'PayerReads1' }]),
      set('ReconcileRole.Properties.ManagedPolicyArns', undefined),
      set('PayerReads1.Properties.PolicyDocument.Statement.0.Condition', undefined),
      set('PayerReads1.Properties.PolicyDocument.Statement.1.Condition', undefined),
    ],
  },
  {
    name: 'a role may not do what its function has no business with',
    violations: (template) => {
      const services = Object.entries(ACTIONS).filter(([role, allowed]) =>
        actionsOf(template, role).some((action) => ![...allowed, ...OPTIONAL].includes(action.split(':')[0] ?? '')),
      );
      const deleting = resourcesOf(template, 'AWS::IAM::Role').filter(
        ([id]) => id !== 'FinalizeRole' && actionsOf(template, id).some((action) => /^s3:Delete/.test(action)),
      );
      const writing = resourcesOf(template, 'AWS::IAM::Role').filter(
        ([id]) => id !== 'CopyRole' && actionsOf(template, id).includes('s3:PutObject'),
      );
      const scanning = identityStatements(template).filter(({ statement }) =>
        listAt(statement, 'Action').some((action) => /^dynamodb:(Scan|DeleteTable|PartiQL)/.test(String(action))),
      );
      return [...[...services, ...deleting, ...writing].map(([id]) => id), ...scanning.map(({ where }) => where)];
    },
    breaks: [
      set('SweepRole.Properties.Policies.0.PolicyDocument.Statement.0.Action', ['s3:GetObject']),
      set('CopyRole.Properties.Policies.0.PolicyDocument.Statement.0.Action', ['s3:DeleteObject']),
      set('ReconcileRole.Properties.Policies.0.PolicyDocument.Statement.0.Action', ['s3:PutObject']),
      set('SweepRole.Properties.Policies.0.PolicyDocument.Statement.0.Action', ['dynamodb:Scan']),
    ],
  },
  {
    name: 'status reads the ledger and counts messages, and changes nothing anywhere',
    violations: (template) =>
      actionsOf(template, 'StatusRole').filter(
        (action) =>
          !/^(dynamodb:(GetItem|BatchGetItem|Query)|kms:De(crypt|scribeKey)|logs:(CreateLogStream|PutLogEvents)|sqs:GetQueue(Attributes|Url))$/.test(
            action,
          ),
      ),
    breaks: [
      set('StatusRole.Properties.Policies.0.PolicyDocument.Statement.1.Action', ['sqs:ReceiveMessage']),
      set('StatusRole.Properties.Policies.0.PolicyDocument.Statement.0.Action', [
        'dynamodb:GetItem',
        'dynamodb:PutItem',
      ]),
    ],
  },
  {
    name: 'a queue that feeds a function lets its role receive, and a queue that it names lets it send',
    violations: (template) => {
      const allows = (role: string | undefined, action: string, queue: string | undefined) =>
        identityStatements(template).some(
          ({ where, statement }) =>
            where === role &&
            listAt(statement, 'Action').includes(action) &&
            listAt(statement, 'Resource').some((resource) => targetOf(resource) === queue),
        );
      const roleOf = (lambda: unknown) => targetOf(at(lambda, 'Properties.Role'));
      const deaf = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').flatMap(([id, mapping]) => {
        const role = roleOf(at(template.Resources, targetOf(at(mapping, 'Properties.FunctionName')) ?? ''));
        const queue = targetOf(at(mapping, 'Properties.EventSourceArn'));
        const needed = [
          'sqs:ReceiveMessage',
          'sqs:DeleteMessage',
          'sqs:ChangeMessageVisibility',
          'sqs:GetQueueAttributes',
        ];
        return needed.every((action) => allows(role, action, queue)) ? [] : [id];
      });
      const queueIds = new Map(
        resourcesOf(template, 'AWS::SQS::Queue').map(([id, { Properties }]) => [Properties.QueueName, id]),
      );
      const mute = functionsOf(template).flatMap(([id, lambda]) => {
        const variables = at(lambda, 'Properties.Environment.Variables');
        const names = ['COPY_QUEUE', 'MANIFEST_QUEUE', 'FINALIZE_QUEUE', 'RECONCILE_QUEUE']
          .flatMap((name) => listAt(variables, name))
          .filter((name) => name !== '');
        const unsendable = names.filter((name) => {
          const queue = queueIds.get(String(name));
          const needed = ['sqs:SendMessage', 'sqs:GetQueueUrl'];
          return queue === undefined || !needed.every((action) => allows(roleOf(lambda), action, queue));
        });
        return unsendable.length === 0 ? [] : [id];
      });
      return [...deaf, ...mute];
    },
    breaks: [
      set('FinalizeRole.Properties.Policies.0.PolicyDocument.Statement.4.Resource.Fn::GetAtt.0', 'CopyQueue'),
      set('SweepRole.Properties.Policies.0.PolicyDocument.Statement.1.Action', ['sqs:SendMessage']),
      set('CopyLambdaFunction.Properties.Environment.Variables.COPY_QUEUE', 'another-queue'),
    ],
  },
];
