/**
 * What the stack has several of. Alarms, the dashboard's lists, what status counts and which
 * functions may call themselves through a queue all follow from these lists: a function or a queue
 * that is added to the YAML files is one line here, and a test says so while it is missing.
 */
interface StackFunction {
  readonly name: string;
  /**
   * Called a few times a day: what fails once is worth an alarm, because there is no second call to
   * wait for.
   */
  readonly isRare?: true;
  /**
   * Sends messages that start it again, on purpose: Lambda must not take that for a loop that never
   * ends.
   */
  readonly isChained?: true;
  /** Speaks with Snowflake or the broker: what a stage may put into its VPC. */
  readonly speaksOutside?: true;
}

export const FUNCTIONS: readonly StackFunction[] = [
  { name: 'copy', isChained: true },
  { name: 'manifest', isChained: true },
  { name: 'finalize', isChained: true, speaksOutside: true },
  { name: 'reconcile', isRare: true, isChained: true, speaksOutside: true },
  { name: 'sweep' },
  { name: 'status', isRare: true },
];

/** A queue that feeds the function of its name, and when its oldest message is too old. */
interface StackQueue {
  readonly name: string;
  readonly oldestSeconds: number;
  readonly whenTooOld: string;
}

export const QUEUES: readonly StackQueue[] = [
  { name: 'copy', oldestSeconds: 1800, whenTooOld: 'A message for copy has waited for half an hour.' },
  // Longer than the delay of a second look, and than one failed attempt.
  { name: 'manifest', oldestSeconds: 3600, whenTooOld: 'A manifest has waited for an hour.' },
  {
    name: 'finalize',
    oldestSeconds: 7200,
    whenTooOld: 'A tick has waited for two hours: longer than its delay, and than one failed attempt.',
  },
  { name: 'reconcile', oldestSeconds: 7200, whenTooOld: 'A payer of a reconcile has waited for two hours.' },
];

/** A queue of what failed: its name is followed by -dlq, its logical id by Queue. */
interface DeadLetterQueue {
  readonly name: string;
  readonly id: string;
  readonly alarmId: string;
  readonly whenFilled: string;
}

export const DEAD_LETTER_QUEUES: readonly DeadLetterQueue[] = [
  {
    name: 'copy',
    id: 'CopyDeadLetter',
    alarmId: 'CopyDeadLettersAlarm',
    whenFilled: 'A message for copy was tried five times and given up.',
  },
  {
    name: 'manifest',
    id: 'ManifestDeadLetter',
    alarmId: 'ManifestDeadLettersAlarm',
    whenFilled: 'A manifest was tried five times and given up.',
  },
  {
    name: 'finalize',
    id: 'FinalizeDeadLetter',
    alarmId: 'FinalizeDeadLettersAlarm',
    whenFilled: 'A tick was tried five times and given up.',
  },
  {
    name: 'reconcile',
    id: 'ReconcileDeadLetter',
    alarmId: 'ReconcileDeadLettersAlarm',
    whenFilled: 'A payer of a reconcile was tried five times and given up.',
  },
  {
    name: 'undelivered',
    id: 'Undelivered',
    alarmId: 'UndeliveredEventsAlarm',
    whenFilled: 'A rule could not deliver an event for a day.',
  },
  {
    name: 'failed-invocations',
    id: 'FailedInvocations',
    alarmId: 'FailedInvocationsAlarm',
    whenFilled: 'Reconcile or sweep failed, or could not be started.',
  },
];

/** A rule that brings events in. Names begin with the stage's, so that alarms can name the rule. */
export interface EventRule {
  readonly id: string;
  readonly name: string;
  /** On the central bus; else on the account's default bus. */
  readonly isCentral: boolean;
}

export const CENTRAL_RULES: readonly EventRule[] = [
  { id: 'CentralRule', name: 'events', isCentral: true },
  { id: 'CentralManifestRule', name: 'manifests', isCentral: true },
];

/**
 * The rules for buckets of this account: as many for files, and then for manifests, as packaging
 * makes (payerEvents.ts).
 */
export function ownBucketRules(count: number): EventRule[] {
  const rules = (id: string, name: string) =>
    Array.from({ length: count }, (_, index) => {
      const number = index + 1;
      return { id: `${id}${number}`, name: `${name}-${number}`, isCentral: false };
    });
  return [...rules('OwnBucketsRule', 'own-buckets'), ...rules('OwnManifestsRule', 'own-manifests')];
}

/** `failed-invocations` as a part of a logical id: `FailedInvocations`. */
export function inLogicalId(name: string): string {
  return name
    .split('-')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('');
}
