import type { FinalizeTimings } from '../../finalize/services.ts';
import type { Options } from './options.ts';

const SETTINGS: FinalizeTimings = {
  quietSeconds: 1,
  maxWaitSeconds: 10,
  leaseSeconds: 3600,
  retryBaseSeconds: 1,
  retryMaxSeconds: 60,
  supersededGraceSeconds: 60,
  // DuckDB uses every processor for one statement. However long it takes: it is the person's own
  // machine.
  statementsAtOnce: 1,
};
/** Whoever copies files into a watched folder by hand takes longer than AWS between two of them. */
const WATCH_SETTINGS: FinalizeTimings = { ...SETTINGS, quietSeconds: 3, maxWaitSeconds: 60 };

/**
 * The embedded reactor's settings. Where only one half of the debounce is said, the other gives way
 * to it.
 */
export function settingsFor(
  options: Pick<Options, 'from' | 'watch' | 'quietSeconds' | 'maxWaitSeconds'>,
): FinalizeTimings {
  const settings = options.watch ? WATCH_SETTINGS : SETTINGS;
  const quietSeconds = options.quietSeconds ?? Math.min(settings.quietSeconds, options.maxWaitSeconds ?? Infinity);
  const maxWaitSeconds = options.maxWaitSeconds ?? Math.max(settings.maxWaitSeconds, quietSeconds);
  // The sample's files come from this very process: nobody has to be waited for.
  const still = options.from === undefined ? { stillSeconds: 0 } : {};
  return { ...settings, ...still, quietSeconds, maxWaitSeconds };
}

/**
 * Whether everything there is has been sent once the folder has been read: nothing that comes later
 * is looked at, so there is no quiet period to wait for, unless somebody has asked for one.
 */
export function isFedOnce({ from, watch, quietSeconds }: Pick<Options, 'from' | 'watch' | 'quietSeconds'>): boolean {
  return from !== undefined && !watch && quietSeconds === undefined;
}
