import { expect, it } from 'vitest';
import { everyAlarm } from './everyAlarm.ts';

it('every alarm notifies the topics that the stage names, and no others', () => {
  const alarms = everyAlarm();
  expect(alarms.length).toBeGreaterThan(20);
  const topics = alarms.flatMap(({ Properties: { AlarmActions, OKActions } }) => [AlarmActions, OKActions]);
  const stageTopics = '$' + '{param:alarmTopics}';
  expect(new Set(topics.flat())).toEqual(new Set([stageTopics]));
});
