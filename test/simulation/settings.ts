import type { FinalizeTimings } from '../../src/finalize/services.ts';

/** Short, so that a world is played in few steps. */
export const settings: FinalizeTimings = {
  quietSeconds: 30,
  maxWaitSeconds: 300,
  leaseSeconds: 60,
  retryBaseSeconds: 10,
  retryMaxSeconds: 100,
  supersededGraceSeconds: 100,
  statementsAtOnce: 2,
  partitionSeconds: 10,
};

export const NO_FAULTS = {
  crash: 0,
  error: 0,
  hang: 0,
  delay: 0,
  duplicate: 0,
  lose: 0,
  skipRows: 0,
  analyticsFail: 0,
};
