/** EventBridge's ids are UUIDs; this is what may stand in a log line and a message as it is. */
const CORRELATION_ID = /^[\w-]{1,64}$/;

/** Whether a value from outside may name what logs and messages follow from. */
export function isCorrelationId(value: unknown): value is string {
  return typeof value === 'string' && CORRELATION_ID.test(value);
}
