import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { LONGEST_NAMES } from '../../src/programs/packaging/stageNames.ts';
import { lint } from './cfnLint.ts';
import { everyRule } from './everyRule.ts';
import { environmentOf } from './functionRules.ts';
import { type PackagedStage, packageStage, runFramework } from './packaged.ts';
import { at, resourcesOf, type Template, targetOf } from './template.ts';

const run = promisify(execFile);

const STAGES = ['dev', 'prod'];
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const stages = new Map<string, PackagedStage>();

beforeAll(async () => {
  for (const stage of STAGES) stages.set(stage, await packageStage(stage));
});

afterAll(async () => {
  for (const stage of stages.values()) await stage.remove();
});

function packaged(name: string): PackagedStage {
  const stage = stages.get(name);
  if (!stage) throw new Error(`stage ${name} was not packaged`);
  return stage;
}

describe.each(STAGES)('the template of %s', (name) => {
  test.each(everyRule)('$name', ({ violations }) => expect(violations(packaged(name).template)).toEqual([]));

  test('is found right by cfn-lint, without a warning', async () => {
    expect(await lint(packaged(name))).toBe('');
  });
});

describe('the rights that resources/README.md says a deployer needs', () => {
  const rows = readFileSync(join(ROOT, 'resources/README.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `AWS::'))
    .map((line) => line.split('|').slice(1, 4));
  const namesIn = (cell = '') => [...cell.matchAll(/`([\w:]+)`/g)].map(([, name = '']) => name);
  const policy = JSON.parse(readFileSync(join(ROOT, 'resources/deployer-policy.json'), 'utf8'));
  const statements: string[] = policy.Statement.map(({ Sid }: { readonly Sid: string }) => Sid);

  test('are listed for each type of resource that is made, and for no other', () => {
    const made = Object.values(packaged('prod').template.Resources).map(({ Type }) => Type);
    expect(rows.flatMap(([types]) => namesIn(types)).toSorted()).toEqual([...new Set(made)].toSorted());
  });

  test('begin with how many there are of each', () => {
    for (const [types = '', counts = ''] of rows) {
      const made = namesIn(types).map((type) => resourcesOf(packaged('prod').template, type).length);
      const stated = (counts.match(/\d+/g) ?? []).slice(0, made.length).map(Number);
      expect(stated, types).toEqual(made);
    }
  });

  test('refer to statements of the deployer’s policy, all but the stack’s own', () => {
    const named = new Set(rows.flatMap(([, , sids]) => namesIn(sids)));
    expect([...named, 'Stack'].toSorted()).toEqual(statements.toSorted());
  });

  test('fit into one managed policy, and give none for all actions of a service', () => {
    // AWS IAM User Guide, IAM and AWS STS quotas: a managed policy has at most 6,144 characters.
    expect(JSON.stringify(policy).length).toBeLessThanOrEqual(6144);
    const actions: string[] = policy.Statement.flatMap(({ Action }: { readonly Action: string | string[] }) => Action);
    expect(actions.filter((action) => !/^[a-z\d]+:[A-Z]\w+\*?\w*$/.test(action))).toEqual([]);
  });
});

describe('the outputs of a stack', () => {
  const outputs = () => Object.entries(packaged('prod').template.Outputs ?? {});

  test('are bus, queues, bucket, table, the roles that others have to name, and the dashboard, with what each is', () => {
    const { Resources } = packaged('prod').template;
    const textOf = (value: unknown) => String(at(value, 'Fn::Sub.0') ?? at(value, 'Fn::Sub'));
    const pointsTo = (value: unknown) => targetOf(value) ?? /\$\{(\w+)\}$/.exec(textOf(value))?.[1];
    const found = new Set(outputs().map(([, { Value }]) => pointsTo(Value)));
    const queues = resourcesOf(packaged('prod').template, 'AWS::SQS::Queue').map(([id]) => id);
    const roles = ['CopyRole', 'ReconcileRole', 'FinalizeRole', 'SnowflakeRole'];
    const wanted = ['CentralBus', 'StagingBucket', 'LedgerTable', 'Dashboard', ...queues, ...roles];
    expect(wanted.filter((id) => !found.has(id) || !(id in Resources))).toEqual([]);
    const ours = outputs().filter(([name]) => !name.startsWith('ServerlessDeployment'));
    expect(ours.filter(([, { Description = '' }]) => Description.length < 10)).toEqual([]);
  });

  test('lead to the dashboard of the stage’s own region', () => {
    const url = outputs().find(([name]) => name === 'DashboardUrl')?.[1].Value;
    expect(at(url, 'Fn::Sub.0')).toBe(
      `https://\${Host}/cloudwatch/home?region=\${AWS::Region}#dashboards/dashboard/\${Dashboard}`,
    );
    expect(at(url, 'Fn::Sub.1.Host')).toEqual({ 'Fn::FindInMap': ['Console', { Ref: 'AWS::Partition' }, 'host'] });
    const { Mappings } = packaged('prod').template;
    expect(Object.keys(at(Mappings, 'Console') ?? {})).toEqual(['aws', 'aws-cn', 'aws-eusc', 'aws-us-gov']);
  });
});

describe('a template that breaks a rule is found out', () => {
  const broken = everyRule.flatMap(({ name, violations, breaks }) =>
    breaks.map((change, index) => ({ name, number: index + 1, violations, change })),
  );

  test.each(broken)('$name ($number)', ({ violations, change }) => {
    const template: Template = structuredClone(packaged('dev').template);
    change(template);
    expect(violations(template)).not.toEqual([]);
  });
});

describe('stages', () => {
  /**
   * Names that are given, not made up by CloudFormation: two stages in one account must not share
   * any.
   */
  const NAMES = [
    'AlarmName',
    'BucketName',
    'DashboardName',
    'FunctionName',
    'LogGroupName',
    'Name',
    'QueueName',
    'RoleName',
    'TableName',
  ];
  const namesOf = ({ Resources }: Template) =>
    Object.values(Resources).flatMap(({ Type, Properties }) =>
      NAMES.flatMap((name) => (typeof Properties[name] === 'string' ? [`${Type} ${Properties[name]}`] : [])),
    );
  const copyVariablesOf = (name: string) => environmentOf(packaged(name).template.Resources.CopyLambdaFunction);

  test('have no name in common', () => {
    const [dev, prod] = STAGES.map((name) => namesOf(packaged(name).template));
    expect(dev?.length).toBeGreaterThan(20);
    expect(prod).toHaveLength(dev?.length ?? 0);
    expect(dev?.filter((name) => prod?.includes(name))).toEqual([]);
  });

  test('give no two resources of one type the same name', () => {
    for (const name of STAGES) {
      const names = namesOf(packaged(name).template);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test('keep every name as short as AWS wants it, and the check of the stage’s name knows the longest of each kind', () => {
    const { Resources } = packaged('prod').template;
    for (const { type, suffix, most } of LONGEST_NAMES) {
      const names = Object.values(Resources)
        .filter(({ Type }) => Type === type)
        .flatMap(({ Properties }) => NAMES.flatMap((name) => (Properties[name] ? [String(Properties[name])] : [])));
      const longest = names.reduce((length, name) => Math.max(length, name.length), 0);
      if (type !== 'AWS::CloudFormation::Stack') expect(longest, type).toBe(`cur-reactor-prod${suffix}`.length);
      expect(longest, type).toBeLessThanOrEqual(most);
    }
  });

  test('lie in regions of their own', () => {
    expect(STAGES.map((name) => packaged(name).region)).toEqual(['us-east-2', 'us-east-1']);
  });

  test('differ where a decision was taken: prod waits longer, keeps more, and is not deleted by accident', () => {
    const facts = (name: string) => {
      const { Resources } = packaged(name).template;
      return {
        quietSeconds: Number(copyVariablesOf(name).QUIET_SECONDS),
        logDays: Number(at(Resources, 'CopyLogGroup.Properties.RetentionInDays')),
        copies: Number(at(Resources, 'CopyEventSourceMappingSQSCopyQueue.Properties.ScalingConfig.MaximumConcurrency')),
        isProtected: at(Resources, 'LedgerTable.Properties.DeletionProtectionEnabled'),
        schedule: at(Resources, 'ReconcileSchedule.Properties.ScheduleExpression'),
      };
    };
    const [dev, prod] = [facts('dev'), facts('prod')];
    expect(prod.quietSeconds).toBeGreaterThan(dev.quietSeconds);
    expect(prod.logDays).toBeGreaterThan(dev.logDays);
    expect(prod.copies).toBeGreaterThan(dev.copies);
    expect([dev.isProtected, prod.isProtected]).toEqual([false, true]);
    expect(prod.schedule).not.toBe(dev.schedule);
  });

  test('take no decision that nothing reads', async () => {
    const files = (await readdir(join(ROOT, 'resources'))).map((name) => join(ROOT, 'resources', name));
    const packaging = (await readdir(join(ROOT, 'src/programs/packaging')))
      .filter((name) => name !== 'stageParams.ts')
      .map((name) => join(ROOT, 'src/programs/packaging', name));
    const paths = [join(ROOT, 'serverless.yml'), ...packaging, ...files];
    const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    // The last of these is stageSettings.ts's: what Snowflake's setup reads.
    const isRead = (name: string) =>
      texts.some(
        (text) =>
          text.includes(`param:${name}`) ||
          new RegExp(`\\b(params|choice)\\.${name}\\b|param: '${name}'|\\b(text|wholeNumber)\\('${name}'\\)`).test(
            text,
          ),
      );
    const { params } = parse(texts[0] ?? '', { logLevel: 'silent' });
    const decisions = new Set(Object.values<object>(params).flatMap((decided) => Object.keys(decided)));
    expect(decisions.size).toBeGreaterThan(20);
    expect([...decisions].filter((name) => !isRead(name))).toEqual([]);
  });
});

describe('packaging', () => {
  test('gives each function a bundle that starts in the environment that the template gives it', async () => {
    const { template, artifact, directory } = packaged('dev');
    for (const name of ['copy', 'manifest', 'finalize', 'reconcile', 'status', 'sweep']) {
      const folder = join(directory, name);
      await run('python3', ['-m', 'zipfile', '-e', artifact(name), folder]);
      const lambda = template.Resources[`${name[0]?.toUpperCase()}${name.slice(1)}LambdaFunction`];
      const code = `console.log(typeof require(${JSON.stringify(join(folder, 'functions', `${name}.cjs`))}).handler)`;
      const env = { ...environmentOf(lambda), AWS_REGION: 'us-east-2' };
      const { stdout } = await run(process.execPath, ['-e', code], { env });
      expect(stdout.trim().split('\n').at(-1)).toBe('function');
    }
  });

  test('passes its release to status', () => {
    const { RELEASE } = environmentOf(packaged('dev').template.Resources.StatusLambdaFunction);
    expect(RELEASE).toMatch(/^\d+\.\d+\.\d+\+files\.[0-9a-f]{12}$/);
    expect(environmentOf(packaged('prod').template.Resources.StatusLambdaFunction).RELEASE).toBe(RELEASE);
  });

  test('takes any other stage with the defaults, and an organization in place of accounts', async () => {
    const other = await packageStage('someone', { params: { organizationId: 'o-a1b2c3d4e5' } });
    try {
      expect(other.region).toBe('us-east-2');
      expect(everyRule.flatMap(({ violations }) => violations(other.template))).toEqual([]);
      const statement = at(other.template.Resources, 'CentralBusPolicy.Properties.Statement');
      expect(at(statement, 'Condition.StringEquals.aws:PrincipalOrgID')).toBe('o-a1b2c3d4e5');
      expect(at(other.template.Resources, 'StagingBucket.Properties.BucketName')).toContain('someone');
    } finally {
      await other.remove();
    }
  });

  test('stops at a wrong payers file, and says what is wrong', async () => {
    const payersFile = 'resources/wrong.yml';
    const change = (tree: string) => writeFile(join(tree, payersFile), '- payer: 012345678901\n  bucket: UPPER\n');
    await expect(packageStage('dev', { params: { payersFile }, change })).rejects.toThrow(
      /payers\[0\]\.payer must be 12 digits in quotes.*\n.*payers\[0\]\.bucket must be the name of a bucket/,
    );
  });

  test('stops at wrong params, and says all of them once, beside what is wrong with the payers', async () => {
    const payersFile = 'resources/wrong.yml';
    const change = (tree: string) => writeFile(join(tree, payersFile), "- payer: '1'\n  bucket: b-c-d\n");
    const params = { payersFile, quietSeconds: 'five', organizationId: 'x', staleAfterHours: '36h', quiet: '1' };
    const failure = await packageStage('Dev', { params, change }).catch((error: Error) => error.message);
    const list = String(failure)
      .match(/^ {2,4}.*$/gm)
      ?.slice(1);
    expect(list).toEqual([
      '  serverless.yml, params',
      expect.stringContaining('- stage must be lower-case'),
      expect.stringContaining('- stagingBucket must be'),
      expect.stringContaining('- organizationId must be'),
      expect.stringContaining('- quietSeconds must be'),
      expect.stringContaining('- staleAfterHours must be'),
      '    - quiet is an unknown param, got "1"',
      `  ${payersFile}`,
      expect.stringContaining('- payers[0].payer must be'),
    ]);
  });

  test('says once which values are made up, and deploying refuses them before it asks for credentials', async () => {
    const { said, directory } = packaged('dev');
    expect(said.split('stagingBucket is "example-cur-staging-dev"')).toHaveLength(2);
    expect(said.split('the bucket of payer 111122223333 is "example-payer-one-billing"')).toHaveLength(2);
    for (const command of [['deploy'], ['deploy', 'function', '--function', 'copy']]) {
      await expect(runFramework(join(directory, '..'), [...command, '--stage', 'dev'])).rejects.toThrow(
        /cannot deploy made-up values.*stagingBucket is "example-cur-staging-dev"/s,
      );
    }
  });

  test('says nothing of made-up values where there are none', async () => {
    const change = (tree: string) =>
      writeFile(join(tree, 'resources/payers.yml'), "- payer: '210987654321'\n  bucket: company-billing\n");
    const own = await packageStage('dev', { params: { stagingBucket: 'company-staging' }, change });
    await own.remove();
    expect(own.said).toContain('Service packaged');
    expect(own.said).not.toContain('made-up');
  });

  test('ends when a function cannot be bundled', async () => {
    const change = (tree: string) => writeFile(join(tree, 'functions', 'sweep.ts'), 'this is no program');
    await expect(packageStage('dev', { change })).rejects.toThrow(/packaging failed: .*functions\/sweep\.ts/s);
  });
});
