/**
 * When a create-new Data Export began, as the folder in its keys says (`…/2026-04-16T15:24:15.653Z-<executionId>/…`):
 * milliseconds since 1970, undefined where no folder says it. Unlike LastModified it survives a copy of the bucket.
 */
export function executionTime(key: string): number | undefined {
  const text = /(?:^|\/)(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z)-[^/]+\/[^/]*$/.exec(key)?.[1];
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
