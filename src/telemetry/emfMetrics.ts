import { Metrics } from '@aws-lambda-powertools/metrics';
import { METRICS, type Measure, type PayerMetrics, SERIES, type Series } from './metricCatalogue.ts';

/** Takes values of the catalogue's metrics, and no others; must not throw. */
export interface MetricSink {
  add(measure: Measure): void;
}

/** A meter that collects what it is given until it is published. */
export interface EmfMetrics extends MetricSink {
  /**
   * Writes what was added since, one line of embedded metric format for each set of dimensions;
   * nothing if nothing was.
   */
  publish(): void;
}

/**
 * The stage's metrics in CloudWatch's embedded metric format, by Powertools. Metrics of one
 * document share its dimensions, so there is a document for the stage, for each payer and for each
 * step. Namespace and all else come from the POWERTOOLS_ variables. Unless all payers are to have
 * metrics of their own, those are left out here; the worst are chosen by whoever measures them.
 */
export function openEmfMetrics(stage: string, payerMetrics: PayerMetrics): EmfMetrics {
  const documents = new Map<string, EmfDocument>();
  const isSent = (series: Series) => series !== 'payer' || payerMetrics === 'all';
  const documentOf = (measure: Measure) => {
    const series = METRICS[measure.metric].series.filter(isSent);
    if (series.length === 0) return undefined;
    const isByPayer = series.some((one) => one === 'payer' || one === 'worst');
    const name = JSON.stringify([series, isByPayer && measure.payer, measure.step]);
    const document = documents.get(name) ?? new EmfDocument(stage, series, measure);
    documents.set(name, document);
    return document;
  };
  return {
    add: (measure) => {
      // JSON has no other numbers, and Powertools throws at them.
      if (Number.isFinite(measure.value)) documentOf(measure)?.add(measure);
    },
    publish: () => {
      for (const document of documents.values()) document.publish();
    },
  };
}

class EmfDocument {
  readonly #metrics: Metrics;
  readonly #dimensionSets: readonly Readonly<Record<string, string>>[];

  constructor(stage: string, series: readonly Series[], labels: Pick<Measure, 'payer' | 'step'>) {
    this.#metrics = new Metrics();
    // Without this Powertools adds the service as a dimension, and every alarm would have to name
    // it.
    this.#metrics.clearDefaultDimensions();
    this.#metrics.setDefaultDimensions({ stage });
    this.#dimensionSets = series.map((one) =>
      Object.fromEntries(SERIES[one].flatMap((name) => (name === 'stage' ? [] : [[name, labels[name] ?? '']]))),
    );
  }

  add({ metric, value }: Measure): void {
    // Powertools writes by itself when a metric has 100 values, and forgets the dimensions then:
    // all but the stage.
    if (!this.#metrics.hasStoredMetrics()) for (const set of this.#dimensionSets) this.#metrics.addDimensions(set);
    this.#metrics.addMetric(metric, METRICS[metric].unit, value);
  }

  publish(): void {
    if (this.#metrics.hasStoredMetrics()) this.#metrics.publishStoredMetrics();
  }
}
