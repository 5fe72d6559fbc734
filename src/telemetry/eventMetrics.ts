import type { Payer } from '../billing/payer.ts';
import type { ConfigurationOrigin } from '../ledger/activity.ts';
import type { ReactorEvent } from './events.ts';
import type { Measure, PayerMetric } from './metricCatalogue.ts';

const LOADED_FROM = {
  table: 'ConfigurationsFromTable',
  cache: 'ConfigurationsFromCache',
  fallback: 'ConfigurationsFromFallback',
} as const satisfies Record<ConfigurationOrigin, string>;

/** What an event is worth in metrics, besides the count of it. */
export function measuresOf(event: ReactorEvent): readonly Measure[] {
  switch (event.what) {
    case 'file-staged':
      return stagedMeasures(event);
    case 'partition-finalized':
      return finalizedMeasures(event);
    case 'rows-verified':
      return [{ metric: 'RowsVerified', value: event.rows, payer: event.partition.payer }];
    case 'step-timed':
      return [{ metric: 'StepSeconds', value: event.seconds, step: event.step }];
    case 'analytics-done':
      return [{ metric: 'AnalyticsSeconds', value: event.seconds }];
    case 'analytics-failed':
      return event.attempts >= 2 ? [{ metric: 'AnalyticsFailedAgain', value: 1 }] : [];
    case 'surveyed':
      return [
        { metric: 'DirtyPartitions', value: event.dirtyPartitions },
        { metric: 'OldestDirtyHours', value: event.oldestDirtyHours },
        { metric: 'NotVisibleHours', value: event.notVisibleHours },
        { metric: 'OutboxDepth', value: event.outboxDepth },
        { metric: 'QuarantinedFiles', value: event.quarantinedFiles },
      ];
    case 'payer-fresh':
      return event.isMeasured ? [{ metric: 'FreshnessHours', value: event.hours, payer: event.payer }] : [];
    case 'freshness-surveyed':
      return [
        { metric: 'PayersWatched', value: event.payers },
        { metric: 'StalestPayerHours', value: event.stalestHours },
        { metric: 'StalePayers', value: event.stalePayers },
      ];
    case 'configuration-loaded':
      return [
        { metric: LOADED_FROM[event.from], value: 1 },
        { metric: 'PayersConfigured', value: event.payers },
      ];
    case 'messages-sent':
      return [{ metric: 'MessagesSent', value: event.count }];
    case 'messages-kept':
      return [{ metric: 'MessagesKept', value: event.count }];
    default:
      return [];
  }
}

/** A measure that there may be none of. */
function ofPayer(metric: PayerMetric, value: number | undefined, payer: Payer): Measure[] {
  return value === undefined ? [] : [{ metric, value, payer }];
}

function stagedMeasures(event: Extract<ReactorEvent, { what: 'file-staged' }>): Measure[] {
  const { rows, sizeBytes, lagSeconds, partition } = event;
  const { payer } = partition;
  return [
    { metric: 'RowsStaged', value: rows },
    { metric: 'BytesStaged', value: sizeBytes, payer },
    ...ofPayer('StagingLag', lagSeconds, payer),
  ];
}

function finalizedMeasures(event: Extract<ReactorEvent, { what: 'partition-finalized' }>): Measure[] {
  const { findings, savings, deliveryLagSeconds, partition } = event;
  // The metric has no room for a currency, and amounts of two are not added.
  const estimatedSaving = savings.length > 1 ? undefined : (savings[0]?.estimatedSaving ?? 0);
  const { payer } = partition;
  return [
    { metric: 'Findings', value: findings, payer },
    ...ofPayer('EstimatedSaving', estimatedSaving, payer),
    ...ofPayer('DeliveryLag', deliveryLagSeconds, payer),
  ];
}
