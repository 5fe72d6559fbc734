import { DRILL_ALARMS, type DrillOptions } from './drillOptions.ts';

/** Which alarm is proved, and by what message. */
export interface DrillPlan {
  readonly alarmName: string;
  readonly deadLetterQueue: string;
  /** The queue that the message is sent to. */
  readonly sendTo: string;
  readonly throughQueue: boolean;
  /** Distinguishes the message from all others. */
  readonly drillId: string;
  /** Neither an event of S3 nor a tick: no function can do anything with it. */
  readonly body: Readonly<Record<string, string>>;
}

/**
 * The plan of a drill. `name` is what the stage's names begin with, `drillId` is new for each
 * drill.
 */
export function drillPlan(
  name: string,
  { alarm, throughQueue }: Pick<DrillOptions, 'alarm' | 'throughQueue'>,
  drillId: string,
): DrillPlan {
  const deadLetterQueue = `${name}-${alarm}`;
  return {
    alarmName: deadLetterQueue,
    deadLetterQueue,
    sendTo: throughQueue ? `${name}-${DRILL_ALARMS[alarm]}` : deadLetterQueue,
    throughQueue,
    drillId,
    body: { drill: drillId, note: 'a drill of the alarm: harmless, and taken out again by itself' },
  };
}

/** What the drill would do, line by line. */
export function planLines({ alarmName, deadLetterQueue, sendTo, throughQueue }: DrillPlan, region: string): string[] {
  return [
    `In ${region} it would`,
    `  1. look that ${alarmName} is not in alarm`,
    `  2. send a message that no function can read to ${sendTo}`,
    ...(throughQueue ? [`     and wait until it has failed so often that it lies in ${deadLetterQueue}`] : []),
    `  3. wait until ${alarmName} is in alarm: its topics are notified`,
    `  4. take the message out again, and leave all others where they are`,
    `  5. wait until ${alarmName} is OK`,
    throughQueue
      ? 'This proves the whole way: the function gives the message up, the queue is watched, the alarm comes and ends.'
      : 'This proves that the queue is watched and that the alarm comes and ends; not that the function gives up a message.',
    'Nothing was done: --yes does it.',
  ];
}
