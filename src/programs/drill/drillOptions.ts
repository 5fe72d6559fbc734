import { readOptions, UsageError } from '../../base/commandLine.ts';
import { quoteValue } from '../../base/printable.ts';

/** What somebody wants to see proved. */
export interface DrillOptions {
  readonly stage: string;
  /** Do it; without it the drill only says what it would do. */
  readonly yes: boolean;
  /** Instead of the stage's own. */
  readonly region?: string | undefined;
  readonly alarm: DrillAlarm;
  /**
   * Send to the function's queue, and have it fail; otherwise straight to the dead-letter queue.
   */
  readonly throughQueue: boolean;
}

/**
 * The queues that a fault can be made in: each has its dead-letter queue, and that one its alarm of
 * the same name.
 */
export const DRILL_ALARMS = { 'copy-dlq': 'copy', 'finalize-dlq': 'finalize' } as const;

type DrillAlarm = keyof typeof DRILL_ALARMS;

export const HELP = `Proves an alarm end to end: makes a harmless fault, waits for the alarm, takes the fault away, waits until it is over.

  npm run drill -- --stage prod                        says what it would do, and does nothing
  npm run drill -- --stage prod --yes                  does it: about five minutes, and the alarm's topics are notified

Options
  --stage NAME       whose alarm (default dev)
  --alarm NAME       copy-dlq (default) or finalize-dlq
  --through-queue    send the fault to the function's own queue instead of its dead-letter queue
  --region NAME      where the stage is (default: what serverless.yml says)
  --yes              do it
  --help             this text

The fault is a message that no function can read. Straight in the dead-letter queue it proves the last part of the way: the
queue's metric, the alarm, and its topics. Through the queue it proves that the function gives up such a message as
well; but it is tried five times, with the queue's visibility timeout in between: an hour for copy, seven and a half hours for
finalize. Nothing else is held up meanwhile, and the queue's other alarms may come too.

Nothing is sent where the alarm is in alarm already. The message is taken out again however the drill ends, also by Ctrl-C;
other messages in the dead-letter queue stay. It needs credentials for sqs:SendMessage, ReceiveMessage, DeleteMessage,
ChangeMessageVisibility, GetQueueUrl, GetQueueAttributes on the two queues, and cloudwatch:DescribeAlarms.

Exit status: 0 proved, or only described; 1 an error; 2 a wrong option; 3 not proved: the alarm did not come, or did not end.
`;

/**
 * Reads the command line; 'help' when it asks for help. Throws UsageError, which names the option
 * and its value.
 */
export function parseDrillOptions(args: readonly string[]): DrillOptions | 'help' {
  const values = readOptions(args, {
    stage: { type: 'string' },
    region: { type: 'string' },
    alarm: { type: 'string' },
    'through-queue': { type: 'boolean' },
    yes: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return 'help';
  const { stage = 'dev', yes = false, region, alarm = 'copy-dlq', 'through-queue': throughQueue = false } = values;
  if (!isAlarm(alarm)) {
    const known = Object.keys(DRILL_ALARMS).join(' or ');
    throw new UsageError(`--alarm must be ${known}, got ${quoteValue(alarm)}`);
  }
  if (region !== undefined && !/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) {
    throw new UsageError(`--region must be a region such as us-east-1, got ${quoteValue(region)}`);
  }
  return { stage, yes, alarm, throughQueue, region };
}

function isAlarm(name: string): name is DrillAlarm {
  return Object.hasOwn(DRILL_ALARMS, name);
}
