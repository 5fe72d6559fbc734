import { accessRules } from './accessRules.ts';
import { alarmRules } from './alarmRules.ts';
import { dashboardRules } from './dashboardRules.ts';
import { dataRules } from './dataRules.ts';
import { eventRules } from './eventRules.ts';
import { functionRules } from './functionRules.ts';
import { ledgerRules } from './ledgerRules.ts';
import { queueRules } from './queueRules.ts';
import type { Rule } from './rule.ts';
import { stageRules } from './stageRules.ts';

/** What every stage's template keeps to. */
export const everyRule: readonly Rule[] = [
  ...queueRules,
  ...eventRules,
  ...dataRules,
  ...accessRules,
  ...ledgerRules,
  ...functionRules,
  ...alarmRules,
  ...dashboardRules,
  ...stageRules,
];
