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

it('partitions are published in the order of their due times, those that failed before after all others', () => {
  const records = [
    failed(dirtySince('111111111111', START)),
    dirtySince('222222222222', START + 2000),
    dirtySince('444444444444', START + 1000),
    dirtySince('333333333333', START + 1000),
  ];
  const order = workOrder(records, { quietSeconds: 60, maxWaitSeconds: 600 });
  expect(order.map(({ partition }) => partition.payer[0])).toEqual(['3', '4', '2', '1']);
});
