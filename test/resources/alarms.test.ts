import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { at } from './template.ts';

it('every alarm notifies the topics that the stage names, and no others', async () => {
  const text = await readFile(new URL('../../resources/alarms.yml', import.meta.url), 'utf8');
  // CloudFormation's tags (!GetAtt) are none of its business.
  const { Resources }: { Resources: object } = parse(text, { merge: true, logLevel: 'silent' });
  const alarms: unknown[] = Object.values(Resources);
  expect(alarms.length).toBeGreaterThan(20);
  const topics = alarms.map((alarm) => [at(alarm, 'Properties.AlarmActions'), at(alarm, 'Properties.OKActions')]);
  const stageTopics = '$' + '{param:alarmTopics}';
  expect(new Set(topics.flat())).toEqual(new Set([stageTopics]));
});
