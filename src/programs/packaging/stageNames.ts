import { quoteValue } from '../../base/printable.ts';

/** As long as the payer account's template takes it (resources/payer-account.yml). */
const MAX_STAGE_CHARACTERS = 30;

/**
 * The longest name of each kind that a stage's stack has, `SERVICE-STAGE` with a suffix, and how
 * long AWS lets it be: IAM and AWS STS quotas, Lambda CreateFunction, EventBridge Scheduler
 * CreateSchedule, SQS CreateQueue, CloudFormation CreateStack. Alarms, dashboard, bus and table may
 * be longer than all of these.
 */
export const LONGEST_NAMES = [
  { what: 'role', type: 'AWS::IAM::Role', suffix: '-reconcile', most: 64 },
  { what: 'function', type: 'AWS::Lambda::Function', suffix: '-reconcile', most: 64 },
  { what: 'schedule', type: 'AWS::Scheduler::Schedule', suffix: '-reconcile', most: 64 },
  { what: 'queue', type: 'AWS::SQS::Queue', suffix: '-failed-invocations-dlq', most: 80 },
  { what: 'stack', type: 'AWS::CloudFormation::Stack', suffix: '', most: 128 },
] as const;

/**
 * What is wrong with a stage's name, as sentences: it becomes a part of names that AWS has rules
 * for.
 */
export function stageNameProblems(service: string, stage: string): string[] {
  const problems: string[] = [];
  // Bucket names have no capitals, and a name that ends in a hyphen or has two in a row reads as if
  // something were missing.
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stage) || stage.length > MAX_STAGE_CHARACTERS) {
    const what = 'lower-case letters, digits and single hyphens between them';
    problems.push(`stage must be ${what}, at most ${MAX_STAGE_CHARACTERS} characters, got ${quoteValue(stage)}`);
  }
  if (stage === 'default') problems.push('stage must not be "default": that is what every stage begins with');
  for (const { what, suffix, most } of LONGEST_NAMES) {
    const name = `${service}-${stage}${suffix}`;
    if (name.length <= most) continue;
    problems.push(
      `stage makes a ${what} with a name of ${name.length} characters, and AWS allows ${most}: ${quoteValue(name)}`,
    );
  }
  return problems;
}
