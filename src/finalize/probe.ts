import type { Payer } from '../billing/payer.ts';
import { WarehouseUnavailable } from '../warehouse/warehouse.ts';
import { withinBudget } from './budget.ts';
import { endsRun, type FinalizeServices, type Run } from './services.ts';

/** A warehouse that is well answers in seconds what one payer's readers see. */
const PROBE_SECONDS = 60;

/**
 * Whether an error that was met at one partition is that partition's own: the warehouse answers
 * another question about it. If it does not, the error is everybody's: WarehouseUnavailable is
 * thrown, or what says that the run is over anyway.
 */
export async function throwIfUnanswered(
  services: FinalizeServices,
  { period }: Pick<Run, 'period'>,
  payer: Payer,
  error: unknown,
): Promise<void> {
  if (endsRun(error) && !(error instanceof WarehouseUnavailable)) throw error;
  const late = (seconds: number) => new Error(`no answer within ${seconds} s`);
  try {
    await withinBudget(services, { seconds: PROBE_SECONDS, late }, (signal) =>
      services.warehouse.published(period, [payer], signal),
    );
  } catch (unanswered) {
    if (endsRun(unanswered)) throw unanswered;
    const reason = unanswered instanceof Error ? unanswered.message : String(unanswered);
    throw new WarehouseUnavailable(`the warehouse does not answer: ${reason}`, { cause: error });
  }
}
