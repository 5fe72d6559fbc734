import { type CloudWatchClient, DescribeAlarmsCommand, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DrillPlan } from './drillPlan.ts';
import { findQueue, removePoison, secondsUntilDead, sendPoison } from './poison.ts';

/**
 * What a drill works with. `now` answers milliseconds since 1970; `sleep` throws when the drill is
 * broken off.
 */
export interface Drilling {
  readonly sqs: SQSClient;
  readonly cloudwatch: CloudWatchClient;
  readonly now: () => number;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly say: (line: string) => void;
}

/** What the drill has shown. `reason` is one line. */
type DrillResult = { readonly is: 'proved' } | { readonly is: 'not-proved'; readonly reason: string };

/**
 * The drill would prove nothing, or do harm. Consequence: nothing was sent; the message says what
 * to do first.
 */
export class DrillImpossible extends Error {
  override readonly name = 'DrillImpossible';
}

const LOOK_AGAIN_SECONDS = 15;
const REPORT_EVERY_SECONDS = 60;
/**
 * SQS sends its metrics every minute, and CloudWatch looks at them every minute (SQS Developer
 * Guide, Monitoring).
 */
const ALARM_SECONDS = 600;

type State = 'OK' | 'ALARM';

/**
 * Makes the fault and waits for what has to follow. Whatever happens after the message was sent, it
 * is taken out again.
 *
 *   no such alarm, or in alarm already    throws DrillImpossible: nothing is sent
 *   the alarm comes, and ends             proved
 *   it does not come, or does not end     not proved: after a time limit
 *   broken off, or AWS refuses            throws that error
 */
export async function drill(drilling: Drilling, plan: DrillPlan): Promise<DrillResult> {
  const { sqs, say } = drilling;
  await checkAlarm(drilling, plan);
  const deadLetters = await findQueue(sqs, plan.deadLetterQueue);
  const target = await findQueue(sqs, plan.sendTo);
  const waitSeconds = ALARM_SECONDS + (plan.throughQueue ? await secondsUntilDead(sqs, target) : 0);
  await sendPoison(sqs, target, plan);
  say(`sent message ${plan.drillId} to ${plan.sendTo}`);
  let came = false;
  try {
    came = await awaitState(drilling, plan, 'ALARM', waitSeconds);
  } finally {
    const removed = await removePoison(sqs, plan.throughQueue ? [deadLetters, target] : [deadLetters], plan);
    say(removed ? 'took the message out again' : leftBehind(plan));
  }
  if (!came) return { is: 'not-proved', reason: `${plan.alarmName} did not come within ${waitSeconds} s` };
  const ended = await awaitState(drilling, plan, 'OK', ALARM_SECONDS);
  return ended
    ? { is: 'proved' }
    : { is: 'not-proved', reason: `${plan.alarmName} did not end within ${ALARM_SECONDS} s: look into the queue` };
}

function leftBehind({ drillId, sendTo, deadLetterQueue }: DrillPlan): string {
  return `did not find message ${drillId}: take it out of ${[...new Set([deadLetterQueue, sendTo])].join(' or ')} by hand`;
}

async function checkAlarm(drilling: Drilling, plan: DrillPlan): Promise<void> {
  const alarm = await describe(drilling, plan);
  if (!alarm) throw new DrillImpossible(`there is no alarm ${plan.alarmName}: is the stage deployed in this region?`);
  if (alarm.StateValue === 'ALARM') {
    throw new DrillImpossible(`${plan.alarmName} is in alarm already: fix its cause first, nothing was sent`);
  }
  const topics = alarm.ActionsEnabled === false ? [] : (alarm.AlarmActions ?? []);
  drilling.say(`${plan.alarmName} is ${alarm.StateValue}, and notifies ${topics.join(', ') || 'nobody'}`);
}

async function describe({ cloudwatch }: Drilling, { alarmName }: DrillPlan): Promise<MetricAlarm | undefined> {
  const { MetricAlarms = [] } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [alarmName] }));
  return MetricAlarms.find(({ AlarmName }) => AlarmName === alarmName);
}

/** Whether the alarm gets into a state within so many seconds. */
async function awaitState(drilling: Drilling, plan: DrillPlan, wanted: State, seconds: number): Promise<boolean> {
  const { now, sleep, say } = drilling;
  const startedAt = now();
  let reportedAt = startedAt;
  for (;;) {
    const state = (await describe(drilling, plan))?.StateValue;
    const waited = Math.round((now() - startedAt) / 1000);
    if (state === wanted) {
      say(`${plan.alarmName} is ${state} after ${waited} s`);
      return true;
    }
    if (waited >= seconds) return false;
    if (now() - reportedAt >= REPORT_EVERY_SECONDS * 1000) {
      say(`${plan.alarmName} is ${state} after ${waited} s, waiting for ${wanted}, at most ${seconds} s`);
      reportedAt = now();
    }
    await sleep(LOOK_AGAIN_SECONDS);
  }
}
