import { overlapOf, type RowSketch } from './rowSketch.ts';

/** One loose report file, or all of them in a folder that holds a delivery as a whole. */
export interface LooseUnit {
  readonly keys: readonly string[];
  readonly sketch: RowSketch;
  /** Whether a manifest beside the folder names it as the current delivery. */
  readonly isCurrent: boolean;
}

/**
 * What becomes of keys that must not be added up with others: left out as superseded, or unclear
 * and left to the person.
 */
interface Doubles {
  readonly leftOut: ReadonlyMap<string, string>;
  readonly unclear: ReadonlyMap<string, string>;
}

/** Rows of one delivery stand in one file only: half of them in another one are no coincidence. */
const SAME_IDENTITIES = 0.5;
/**
 * Where ids have changed, or there are none, nearly all rows have to be alike. Parts of one real
 * report, with its ids and resources blanked out, were alike in up to 80 %.
 */
const SAME_ROWS = 0.9;

/**
 * Which files of one partition hold the same rows. Each refresh of a report restates its month, so
 * of several that lie beside each other only the newest counts: the one that a manifest names, else
 * the one whose usage goes on longest. Where neither says it, or rows are alike without the ids
 * that would prove it, or they are very few, none of them counts and the person is asked.
 */
export function findDoubles(units: readonly LooseUnit[]): Doubles {
  const leftOut = new Map<string, string>();
  const unclear = new Map<string, string>();
  for (const group of groupsOfLike(units)) {
    const newest = group.every((unit) => group.every((other) => unit === other || isSure(unit, other)))
      ? newestOf(group)
      : undefined;
    for (const unit of group) {
      if (unit === newest) continue;
      for (const key of unit.keys) {
        if (newest) leftOut.set(key, `an earlier refresh of the rows in ${nameOf(newest)}`);
        else unclear.set(key, whyUnclear(unit, group));
      }
    }
  }
  return { leftOut, unclear };
}

/**
 * Files whose folder holds the same names as another one: each folder is a delivery as a whole.
 * Others stand alone.
 */
export function unitsOfKeys(keys: readonly string[]): readonly (readonly string[])[] {
  const folders = Map.groupBy(keys, folderOf);
  const namesOf = (inFolder: readonly string[]) =>
    inFolder
      .map((key) => key.slice(folderOf(key).length))
      .toSorted()
      .join('\0');
  const likeNamed = Map.groupBy(folders.values(), namesOf);
  return [...likeNamed.values()].flatMap((like) => (like.length > 1 ? like : like.flat().map((key) => [key])));
}

/** The folder of a key, slash included; empty at the top. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

function isSure(a: LooseUnit, b: LooseUnit): boolean {
  return overlapOf(a.sketch.identities, b.sketch.identities) >= SAME_IDENTITIES;
}

/** Also by a few ids: too little to leave a file out for, and too much to add both up. */
function isAlike(a: LooseUnit, b: LooseUnit): boolean {
  const [ids, rows] = [overlapOf(a.sketch.identities, b.sketch.identities, 1), overlapOf(a.sketch.rows, b.sketch.rows)];
  return ids >= SAME_IDENTITIES || rows >= SAME_ROWS;
}

/** Units that are alike, directly or by way of others; those that are like none are left out. */
function groupsOfLike(units: readonly LooseUnit[]): LooseUnit[][] {
  const groups: LooseUnit[][] = [];
  const rest = new Set(units);
  for (const first of units) {
    if (!rest.delete(first)) continue;
    const group = [first];
    for (const member of group) {
      for (const other of rest) {
        if (isAlike(member, other)) {
          rest.delete(other);
          group.push(other);
        }
      }
    }
    if (group.length > 1) groups.push(group);
  }
  return groups;
}

function newestOf(group: readonly LooseUnit[]): LooseUnit | undefined {
  const named = group.filter(({ isCurrent }) => isCurrent);
  if (named.length > 0) return named.length === 1 ? named[0] : undefined;
  const latest = Math.max(...group.map(({ sketch }) => sketch.until ?? Number.NEGATIVE_INFINITY));
  const [newest, another] = group.filter(({ sketch }) => sketch.until === latest);
  return another ? undefined : newest;
}

function whyUnclear(unit: LooseUnit, group: readonly LooseUnit[]): string {
  const others = group.filter((other) => other !== unit).map(nameOf);
  const shown = others.slice(0, 3).join(', ');
  const more = others.length > 3 ? ` and ${others.length - 3} more` : '';
  return `its rows stand in ${shown}${more} as well, and which of them is the newest cannot be seen: leave one of them here`;
}

function nameOf({ keys }: LooseUnit): string {
  const [first = ''] = keys;
  return keys.length > 1 ? folderOf(first) : first;
}
