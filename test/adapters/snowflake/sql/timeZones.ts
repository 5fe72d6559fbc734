const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * What a clock shows at an instant, in a zone or by how much it is ahead of UTC, as if it were UTC.
 */
export function wallClockOf(instantMs: number, zone: string | number): number {
  if (typeof zone === 'number') return instantMs + zone;
  if (zone === 'UTC') return instantMs;
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('en-US', { ...FIELDS, timeZone: zone });
  formats.set(zone, format);
  const seconds = Math.floor(instantMs / 1000) * 1000;
  const parts = new Map(format.formatToParts(seconds).map(({ type, value }) => [type, Number(value)]));
  const at = (type: string) => parts.get(type as Intl.DateTimeFormatPartTypes) ?? 0;
  const clock = Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second'));
  return clock + (instantMs - seconds);
}

/** The instant at which a clock in this zone shows this. */
export function instantOf(wallClockMs: number, zone: string): number {
  const guess = wallClockMs - (wallClockOf(wallClockMs, zone) - wallClockMs);
  return wallClockMs - (wallClockOf(guess, zone) - guess);
}

const FIELDS = {
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
} as const;
