/** Calls back after so many milliseconds, unless the function that it answers is called before. */
export type SetTimer = (callback: () => void, delayMs: number) => () => void;

/** By the process's own clock, which goes on as long as a timer is set. */
export const setSystemTimer: SetTimer = (callback, delayMs) => {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
};
