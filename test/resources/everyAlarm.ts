import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { stackAlarms } from '../../src/programs/packaging/stackAlarms.ts';
import { CENTRAL_RULES, ownBucketRules } from '../../src/programs/packaging/stackParts.ts';

interface Alarm {
  readonly Properties: {
    readonly AlarmName: string;
    readonly AlarmDescription: string;
    readonly AlarmActions: unknown;
    readonly OKActions: unknown;
  };
}

const STAGE_NAME = '$' + '{self:custom.name}';
const STAGE_TOPICS = '$' + '{param:alarmTopics}';

/**
 * The alarms of a stage with one rule for own buckets: of resources/alarms.yml, and those that are
 * made of lists.
 */
export function everyAlarm(): Alarm[] {
  const text = readFileSync(new URL('../../resources/alarms.yml', import.meta.url), 'utf8');
  // CloudFormation's tags (!GetAtt) are none of its business.
  const { Resources }: { Resources: Record<string, Alarm> } = parse(text, { merge: true, logLevel: 'silent' });
  const made = stackAlarms({ name: STAGE_NAME, topics: [STAGE_TOPICS] }, [...CENTRAL_RULES, ...ownBucketRules(1)]);
  return [...Object.values(Resources), ...Object.values(made as unknown as Record<string, Alarm>)];
}
