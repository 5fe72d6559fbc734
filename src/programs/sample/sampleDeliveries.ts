import { dataFile, dataKey, manifestFile, manifestKeys, type SampleDelivery } from './delivery.ts';
import { sampleDeliveryPlan } from './deliveryPlan.ts';
import { sampleSources } from './sampleSources.ts';

/**
 * One thing that happens at a source, in order. `bytes` are made when they are asked for, so that
 * memory stays flat.
 */
export type SampleStep =
  | {
      readonly do: 'put';
      readonly bucket: string;
      readonly key: string;
      readonly bytes: () => Uint8Array;
      readonly note: string;
    }
  | { readonly do: 'repeat-event'; readonly bucket: string; readonly key: string; readonly note: string }
  | { readonly do: 'wait-until-idle'; readonly note: string };

/**
 * Plays two months at four payers. The same seed gives the same steps and bytes.
 *
 * Two rounds: every partition's first delivery, then the second ones. On the way there is what real
 * buckets show: objects that are not reports, an event that comes twice, a file that comes after
 * its manifest, a file that is no Parquet until the next delivery replaces it, and a delivery with
 * fewer files than the one before.
 */
export function* sampleDeliveries(seed: number): Generator<SampleStep> {
  yield* noise();
  for (const delivery of sampleDeliveryPlan.filter(({ refresh }) => refresh === 0))
    yield* firstDelivery(seed, delivery);
  yield { do: 'wait-until-idle', note: 'the first deliveries are in; one waits for a file that can be read' };
  for (const delivery of sampleDeliveryPlan.filter(({ refresh }) => refresh > 0)) yield* secondDelivery(seed, delivery);
  yield { do: 'wait-until-idle', note: 'the second deliveries are in' };
}

function* firstDelivery(seed: number, delivery: SampleDelivery): Generator<SampleStep> {
  const { payer } = delivery.source;
  if (payer === '111122223333' && delivery.period === '2026-10') {
    yield putData(seed, delivery, 1);
    yield* putManifests(seed, delivery);
    yield { ...putData(seed, delivery, 2), note: 'a late file: its manifest was here before it' };
    return;
  }
  for (let part = 1; part <= delivery.parts; part += 1) {
    const isCorrupt = payer === '444455556666' && delivery.period === '2026-09' && part === 2;
    yield isCorrupt ? putCorrupt(seed, delivery, part) : putData(seed, delivery, part);
  }
  if (payer === '222233334444') {
    const { bucket } = delivery.source;
    yield { do: 'repeat-event', bucket, key: dataKey(seed, delivery, 1), note: 'EventBridge delivers at least once' };
  }
  yield* putManifests(seed, delivery);
}

function* secondDelivery(seed: number, delivery: SampleDelivery): Generator<SampleStep> {
  for (let part = 1; part <= delivery.parts; part += 1) yield putData(seed, delivery, part);
  if (delivery.source.layout.endsWith('overwrite')) yield* emptySurplusParts(seed, delivery);
  yield* putManifests(seed, delivery);
}

/**
 * Overwrite mode deletes nothing: parts that the smaller delivery has no use for are written over
 * with nothing.
 */
function* emptySurplusParts(seed: number, delivery: SampleDelivery): Generator<SampleStep> {
  const earlier = sampleDeliveryPlan.filter(
    (other) => other.source === delivery.source && other.period === delivery.period && other.refresh < delivery.refresh,
  );
  const partsBefore = Math.max(0, ...earlier.map(({ parts }) => parts));
  for (let part = delivery.parts + 1; part <= partsBefore; part += 1) {
    const bytes = () => new Uint8Array(0);
    yield {
      ...putData(seed, delivery, part),
      bytes,
      note: `part ${part} is emptied: the delivery has fewer files now`,
    };
  }
}

function putData(seed: number, delivery: SampleDelivery, part: number): SampleStep & { do: 'put' } {
  return {
    do: 'put',
    bucket: delivery.source.bucket,
    key: dataKey(seed, delivery, part),
    bytes: () => dataFile(seed, delivery, part),
    note: `refresh ${delivery.refresh + 1} of ${delivery.period}, part ${part} of ${delivery.parts}`,
  };
}

function putCorrupt(seed: number, delivery: SampleDelivery, part: number): SampleStep {
  const bytes = () => Buffer.from('upload interrupted, this is not a Parquet file\n');
  return { ...putData(seed, delivery, part), bytes, note: `part ${part} is corrupt: text under a Parquet name` };
}

function* putManifests(seed: number, delivery: SampleDelivery): Generator<SampleStep> {
  for (const key of manifestKeys(seed, delivery)) {
    yield {
      do: 'put',
      bucket: delivery.source.bucket,
      key,
      bytes: () => manifestFile(seed, delivery),
      note: `manifest of refresh ${delivery.refresh + 1} of ${delivery.period}: ${delivery.parts} files`,
    };
  }
}

/** Other objects in buckets of reports, which are not reports. */
function* noise(): Generator<SampleStep> {
  const [overwrite, createNew] = sampleSources;
  if (!overwrite || !createNew) return;
  const text = (bucket: string, key: string, content: string, note: string): SampleStep => ({
    do: 'put',
    bucket,
    key,
    bytes: () => Buffer.from(content),
    note,
  });
  const root = `${overwrite.prefix}/${overwrite.report}`;
  yield text(overwrite.bucket, `${overwrite.prefix}/aws-programmatic-access-test-object`, 'test', 'access test object');
  yield text(
    overwrite.bucket,
    `${root}/${overwrite.report}/cost_and_usage_data_status/cost_and_usage_data_status.parquet`,
    'PAR1',
    'status table: not a report',
  );
  yield text(overwrite.bucket, `${root}/20260901-20261001/${overwrite.report}-create-table.sql`, 'select 1', 'helper');
  yield text(
    createNew.bucket,
    `${createNew.prefix}/${createNew.report}/20260901-20261001/${createNew.report}-00001.csv.gz`,
    'not read',
    'the same report as CSV',
  );
}
