import { expect, it } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { workOrder } from '../../src/finalize/workOrder.ts';
import { countChange } from '../../src/ledger/partitionChanges.ts';
import { newPartitionRecord, type PartitionRecord } from '../../src/ledger/partitionRecord.ts';
import { withProblem } from '../../src/ledger/problems.ts';
import { PERIOD, START } from '../ledger/records.ts';

function dirtySince(payer: string, at: number): PartitionRecord {
  return countChange(newPartitionRecord({ payer: parsePayer(payer), period: PERIOD }), 'a file', at);
}

function failed(record: PartitionRecord): PartitionRecord {
  const problem = { what: 'registration-failed', message: 'no', attempts: 1, at: START, retryAt: START } as const;
  return withProblem(record, { ...problem, changes: record.changes });
}

const DEBOUNCE = { quietSeconds: 60, maxWaitSeconds: 600 };
const payersOf = (records: readonly PartitionRecord[]) => records.map(({ partition }) => partition.payer[0]);

it('partitions are published in the order of their due times, those that failed before after all others', () => {
  const records = [
    failed(dirtySince('111111111111', START)),
    dirtySince('222222222222', START + 2000),
    dirtySince('444444444444', START + 1000),
    dirtySince('333333333333', START + 1000),
  ];
  expect(payersOf(workOrder(records, DEBOUNCE, 8))).toEqual(['3', '4', '2', '1']);
});

it('those that have used up a slice come after all others, shortest slice first, and so many in a run', () => {
  const records = [
    { ...dirtySince('111111111111', START), sliceSeconds: 120 },
    { ...dirtySince('222222222222', START + 1000), sliceSeconds: 60 },
    { ...dirtySince('333333333333', START + 2000), sliceSeconds: 60 },
    failed(dirtySince('444444444444', START + 3000)),
    dirtySince('555555555555', START + 4000),
  ];
  expect(payersOf(workOrder(records, DEBOUNCE, 2))).toEqual(['5', '4', '2', '3']);
  expect(payersOf(workOrder(records, DEBOUNCE, 3))).toEqual(['5', '4', '2', '3', '1']);
});
