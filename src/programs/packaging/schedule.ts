/** What one field of a cron expression may hold. */
interface CronField {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Names that stand for numbers, from `least` on. */
  readonly names?: readonly string[];
  /** What else may stand there by itself. */
  readonly also?: RegExp;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

// EventBridge Scheduler User Guide, "Schedule types": cron-based schedules.
const FIELDS: readonly CronField[] = [
  { name: 'minutes', least: 0, most: 59 },
  { name: 'hours', least: 0, most: 23 },
  { name: 'day of the month', least: 1, most: 31, also: /^(\?|L|LW|([1-9]|[12]\d|3[01])W)$/ },
  { name: 'month', least: 1, most: 12, names: MONTHS },
  {
    name: 'day of the week',
    least: 1,
    most: 7,
    names: DAYS,
    also: /^(\?|L|[1-7]L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)#[1-5])$/,
  },
  { name: 'year', least: 1970, most: 2199 },
];
const DAY_OF_MONTH = 2;
const DAY_OF_WEEK = 4;

const MINUTES_OF = { minute: 1, hour: 60, day: 1440 } as const;

/** The minutes between two starts of `rate(5 minutes)`; undefined when it is no such expression. */
export function rateMinutes(expression: string): number | undefined {
  const [, count = '', unit = ''] = /^rate\(([1-9]\d{0,4}) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  return unit in MINUTES_OF ? Number(count) * MINUTES_OF[unit as keyof typeof MINUTES_OF] : undefined;
}

/**
 * Why EventBridge Scheduler would not take a text as a schedule that repeats: `rate(5 minutes)`, or
 * `cron(minutes hours day-of-month month day-of-week year)`. Undefined when it takes it.
 */
export function scheduleProblem(expression: string): string | undefined {
  if (rateMinutes(expression) !== undefined) return undefined;
  const [, inner] = /^cron\((.*)\)$/.exec(expression) ?? [];
  if (inner === undefined) return 'must be a schedule such as rate(5 minutes) or cron(20 5 * * ? *)';
  const fields = inner.split(' ');
  if (fields.length !== FIELDS.length)
    return `must have ${FIELDS.length} fields between cron( and ), not ${fields.length}`;
  const wrong = FIELDS.find((field, index) => !isRight(field, fields[index] ?? ''));
  if (wrong) return `must have in its field of the ${wrong.name} what EventBridge Scheduler knows there`;
  const unsaid = [fields[DAY_OF_MONTH], fields[DAY_OF_WEEK]].filter((text) => text === '?').length;
  return unsaid === 1 ? undefined : 'must have a ? for the day of the month or of the week, and not for both';
}

function isRight(field: CronField, text: string): boolean {
  return field.also?.test(text) || text.split(',').every((part) => isPart(field, part));
}

/** One of a list: `*`, a value or a range, each with or without a step. */
function isPart(field: CronField, part: string): boolean {
  const [, from = '', to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
  if (step !== undefined && !(Number(step) >= 1 && Number(step) <= field.most)) return false;
  if (from === '*') return to === undefined;
  const [first, last] = [numberIn(field, from), numberIn(field, to ?? from)];
  return first !== undefined && last !== undefined && first <= last;
}

function numberIn({ least, most, names = [] }: CronField, text: string): number | undefined {
  const index = names.indexOf(text.toUpperCase());
  if (index >= 0) return least + index;
  const value = Number(text);
  return /^\d{1,4}$/.test(text) && value >= least && value <= most ? value : undefined;
}
