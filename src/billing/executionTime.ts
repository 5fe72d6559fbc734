/**
 * `2026-04-16T15:24:15.653Z-<executionId>/`, the folder of one execution. File systems that take no
 * colons get something else in their place: an underscore, a dash, a dot, U+A789 or U+F03A that
 * look like one, or `%3A`.
 */
const EXECUTION_FOLDER =
  /(?:^|\/)(\d{4}-\d{2}-\d{2})T(\d{2})(?:[:_.\-\uA789\uF03A]|%3A)(\d{2})(?:[:_.\-\uA789\uF03A]|%3A)(\d{2}(?:\.\d+)?)Z-[^/]+\/[^/]*$/i;

/**
 * When a create-new Data Export began, as the folder in its keys says
 * (`…/2026-04-16T15:24:15.653Z-<executionId>/…`): milliseconds since 1970, undefined where no
 * folder says it. Unlike LastModified it survives a copy of the bucket.
 */
export function executionTime(key: string): number | undefined {
  const [, day, hour, minute, second] = EXECUTION_FOLDER.exec(key) ?? [];
  const time = day === undefined ? Number.NaN : Date.parse(`${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}
