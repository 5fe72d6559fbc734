import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { partitionPrefix } from '../../src/billing/partition.ts';
import type { Place } from '../../src/billing/placement.ts';
import type { Source } from '../../src/billing/source.ts';
import type { Message } from '../../src/ledger/message.ts';
import { parseCopyMessage } from '../../src/queue/copyMessage.ts';
import { reconcile } from '../../src/reconcile/reconcile.ts';
import { ReconcileInputInvalid } from '../../src/reconcile/reconcileInput.ts';
import type { ReconcileReport } from '../../src/reconcile/reconcileReport.ts';
import type { ReconcileServices } from '../../src/reconcile/services.ts';
import { AccessDenied, type Location, type ObjectStore } from '../../src/store/objectStore.ts';
import {
  CopyWorld,
  chunk,
  DAILY,
  DEBOUNCE,
  execution,
  LOOSE,
  manifestBytes,
  NEIGHBOUR,
  NOON,
  partitionOf,
} from '../copy/copyWorld.ts';
import { foreignParquet, parquetBytes } from '../copy/parquetBytes.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const GRACE_SECONDS = 3600;
const LOOSE_KEY = 'year=2026/month=10/a.parquet';

let world: CopyWorld;
let tagged: Location[];
let sent: Message[];
let runs = 0;
beforeEach(async () => {
  world = await CopyWorld.create();
  tagged = [];
  sent = [];
});
afterEach(() => world.close());

async function run(
  input?: unknown,
  {
    sources = [DAILY, NEIGHBOUR, LOOSE],
    ...changes
  }: Partial<ReconcileServices> & { sources?: readonly Source[] } = {},
): Promise<ReconcileReport> {
  const { store, ledger, copyQueue, finalizeQueue, staging } = world;
  runs += 1;
  return reconcile(
    {
      store,
      ledger,
      copyQueue,
      finalizeQueue,
      reconcileQueue: { send: () => Promise.reject(new Error('three payers need no messages')) },
      stagingBucket: staging.stagingBucket,
      debounce: DEBOUNCE,
      supersededGraceSeconds: GRACE_SECONDS,
      inlinePayers: 3,
      concurrency: 2,
      tagUnowned: async (location) => void tagged.push(location),
      staleAfterHours: 36,
      stage: 'prod',
      notify: async (messages) => void sent.push(...messages),
      now: () => world.now,
      sleep: () => Promise.reject(new Error('nothing is on its way')),
      report: staging.report,
      ...changes,
    },
    { fallback: { sources: sources.map((source) => ({ ...source, bucketOwner: source.payer })) } },
    input,
    { id: `run-${runs}`, yieldAt: world.now + 600_000 },
  );
}

async function putDelivery(time: string, executionId: string, chunks = 2) {
  const { folder, manifest } = execution(time, executionId);
  const keys = Array.from({ length: chunks }, (_, index) => chunk(folder, index + 1));
  for (const [index, key] of keys.entries()) await world.put(key, parquetBytes(index + 1, executionId));
  await world.put(manifest, manifestBytes(executionId, keys));
  return { keys, manifest };
}

const putLoose = (text: string, at = world.now) =>
  world.put(LOOSE_KEY, parquetBytes(1, text), { bucket: LOOSE.bucket, at });
const sentOf = (what: string) => sent.flatMap(({ body }) => (body.what === what ? [body] : []));
const ofPartition = ({ partitions }: ReconcileReport, source = DAILY, period = '2026-10') =>
  partitions.find((partition) => partition.payer === source.payer && partition.period === period);
const sentKeys = () => world.copyQueue.sent.map(({ body }) => parseCopyMessage(body).key);

describe('the report', () => {
  it('has a line for each payer and period, also where there is nothing', async () => {
    const { partitions, periods, unreadable } = await run();
    expect(periods).toEqual(['2026-09', '2026-10']);
    expect(partitions.map(({ payer, period, listed, state }) => [payer, period, listed, state])).toEqual(
      [DAILY.payer, LOOSE.payer, NEIGHBOUR.payer].flatMap((payer) =>
        periods.map((period) => [payer, period, 0, 'unknown']),
      ),
    );
    expect(unreadable).toEqual([]);
  });

  it('counts what is missing and queued, and after the copies what is up to date', async () => {
    await putDelivery('2026-10-05T10:00:00.000Z', 'e1', 3);
    world.now += 2 * HOUR;
    const before = ofPartition(await run());
    expect(before).toMatchObject({
      listed: 4,
      upToDate: 0,
      missing: 3,
      stale: 0,
      queued: 1,
      quarantined: 0,
      watermark: null,
    });
    await world.play();
    const after = await run();
    expect(ofPartition(after)).toMatchObject({
      listed: 4,
      upToDate: 3,
      missing: 0,
      queued: 0,
      state: 'pending',
      watermark: new Date(NOON).toISOString(),
      deliveredAt: '2026-10-05T10:00:00.000Z',
      deliveryAgeHours: 4,
    });
    expect(after.summary).toContain(`${DAILY.payer} 2026-10: pending, 3 up to date, delivered 4 h ago`);
  });

  it('counts only the newest delivery, however many older ones lie beside it', async () => {
    await putDelivery('2026-10-04T10:00:00.000Z', 'e1', 5);
    world.now += HOUR;
    await putDelivery('2026-10-05T10:00:00.000Z', 'e2', 2);
    expect(ofPartition(await run())).toMatchObject({ listed: 4, missing: 2, upToDate: 0 });
    await world.play();
    expect(ofPartition(await run())).toMatchObject({ listed: 4, missing: 0, upToDate: 2, queued: 0 });
    expect(ofPartition(await run({ full: true }))).toMatchObject({ listed: 9, missing: 0, upToDate: 2, queued: 0 });
  });

  it('distinguishes a file that was written over from one that was never staged', async () => {
    await world.handle(await putLoose('old', NOON - HOUR));
    await putLoose('new');
    await world.put('year=2026/month=10/b.parquet', parquetBytes(1), { bucket: LOOSE.bucket });
    expect(ofPartition(await run(), LOOSE)).toMatchObject({ listed: 2, stale: 1, missing: 1, upToDate: 0, queued: 2 });
  });

  it('counts what is gone from the source, by the delivery that counts, and says that it stays published', async () => {
    await putDelivery('2026-10-04T10:00:00.000Z', 'e1', 2);
    world.now += HOUR;
    const { keys } = await putDelivery('2026-10-05T10:00:00.000Z', 'e2', 3);
    await run();
    await world.play();
    expect(ofPartition(await run())).toMatchObject({ gone: 0 });
    const [first = '', ...others] = keys;
    await world.remove(first);
    const one = await run();
    expect(ofPartition(one)).toMatchObject({ gone: 1, upToDate: 2, queued: 0 });
    expect(one.summary).toContain(`${DAILY.payer} 2026-10: pending, 2 up to date, 1 gone, delivered 3 h ago`);
    for (const key of [...others, ...(await world.listed(DAILY.bucket)).map((object) => object.key)]) {
      await world.remove(key);
    }
    const all = await run();
    expect(ofPartition(all)).toMatchObject({ gone: 3, listed: 0, queued: 0 });
    expect(all.summary).toContain(
      `${DAILY.payer} 2026-10: nothing at the source (pending), 3 gone: they stay published until a delivery says otherwise`,
    );
  });

  it('counts what is gone of loose files, and not what has only another content now', async () => {
    await world.put('a.parquet', parquetBytes(1, 'a'), { bucket: LOOSE.bucket });
    await putLoose('one');
    await run();
    await world.play();
    await putLoose('two', world.now + 1000);
    expect(ofPartition(await run(), LOOSE)).toMatchObject({ gone: 0, stale: 1 });
    await world.play();
    await world.remove(LOOSE_KEY, LOOSE.bucket);
    expect(ofPartition(await run(), LOOSE)).toMatchObject({ gone: 1, upToDate: 0 });
  });

  it('does not know what is gone while a source of the payer cannot be read', async () => {
    await putDelivery('2026-10-05T10:00:00.000Z', 'e1', 2);
    await run();
    await world.play();
    const refused = { ...DAILY, bucket: 'refused-cur' };
    const { partitions } = await run({}, { sources: [DAILY, refused] });
    expect(partitions.find(({ period }) => period === '2026-10')).toMatchObject({ gone: null });
  });

  it('counts what is quarantined, and does not queue it again', async () => {
    await world.handle(await world.put(LOOSE_KEY, Buffer.from('no Parquet'), { bucket: LOOSE.bucket }));
    expect(ofPartition(await run(), LOOSE)).toMatchObject({ listed: 1, quarantined: 1, queued: 0 });
  });

  it('counts what is set aside, says so, and does not queue it again', async () => {
    await world.handle(await world.put(LOOSE_KEY, foreignParquet(), { bucket: LOOSE.bucket }));
    const report = await run();
    expect(ofPartition(report, LOOSE)).toMatchObject({ listed: 1, setAside: 1, quarantined: 0, queued: 0 });
    expect(report.summary.join('\n')).toContain(`${LOOSE.payer} 2026-10: pending, 0 up to date, 1 set aside`);
  });

  it('names a payer that cannot be read with the reason, and reads the others', async () => {
    await putDelivery('2026-10-05T10:00:00.000Z', 'e1');
    const store: ObjectStore = {
      ...bound(world.store),
      list: (bucket, prefix, startAfter) => {
        if (bucket === LOOSE.bucket) throw new AccessDenied('s3:ListBucket on loose-cur: AccessDenied');
        return world.store.list(bucket, prefix, startAfter);
      },
    };
    const report = await run({}, { store });
    const reason = 'AccessDenied: s3:ListBucket on loose-cur: AccessDenied';
    expect(report.unreadable).toEqual([{ payer: LOOSE.payer, bucket: LOOSE.bucket, prefix: '', reason }]);
    expect(report.partitions.some(({ payer }) => payer === LOOSE.payer)).toBe(false);
    expect(ofPartition(report)).toMatchObject({ missing: 2, queued: 1 });
    expect(report.summary.join('\n')).toContain(reason);
    expect(world.reported('source-unreadable')).toHaveLength(1);
    expect(sentOf('unreadable')).toEqual([
      expect.objectContaining({ payer: LOOSE.payer, bucket: LOOSE.bucket, prefix: '', reason, stage: 'prod' }),
    ]);
  });

  it('is one JSON document that says the same when it is parsed', async () => {
    await putDelivery('2026-10-05T10:00:00.000Z', 'e1');
    const report = await run();
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});

describe('a month with several reports', () => {
  const keysOf = (report: string) => {
    const month = 'BILLING_PERIOD=2026-10/';
    return {
      data: `cur/${report}/data/${month}x-1.parquet`,
      manifest: `cur/${report}/metadata/${month}x-Manifest.json`,
    };
  };
  const put = async (report: string, at: number) => {
    const { data, manifest } = keysOf(report);
    await world.put(data, parquetBytes(1, report), { at });
    await world.put(manifest, manifestBytes(report, [data]), { at });
  };
  const [DAILY_REPORT, HOURLY_REPORT] = ['payer-cur/cur/daily', 'payer-cur/cur/hourly'];
  const choosing = (report: string) => {
    const chosen = { ...DAILY, report };
    return { sources: [chosen, NEIGHBOUR, LOOSE] };
  };
  beforeEach(async () => {
    await put('daily', NOON - DAY);
    await run();
    await world.play();
    await put('hourly', NOON);
    await run();
    await world.play();
    sent.length = 0;
  });

  it('is reported with the bill and the others, in the answer, in its summary and by a message', async () => {
    const report = await run();
    expect(ofPartition(report)).toMatchObject({ report: DAILY_REPORT, otherReports: [HOURLY_REPORT], listed: 4 });
    expect(ofPartition(report, LOOSE)).toMatchObject({ report: null, otherReports: [] });
    expect(report.summary[1]).toBe(
      `${DAILY.payer} 2026-10: the bill is the report "${DAILY_REPORT}"; left out until \`report\` names one: "${HOURLY_REPORT}"`,
    );
    expect(sentOf('reports-undecided')).toEqual([
      expect.objectContaining({
        payer: DAILY.payer,
        period: '2026-10',
        report: DAILY_REPORT,
        otherReports: [HOURLY_REPORT],
      }),
    ]);
  });

  it('counts the files of the bill, and says when that was delivered', async () => {
    expect(ofPartition(await run())).toMatchObject({
      upToDate: 1,
      missing: 0,
      queued: 0,
      deliveredAt: new Date(NOON - DAY).toISOString(),
      deliveryAgeHours: 24,
    });
  });

  it('is one no more when the configuration names one: that is the bill, and nobody is notified any more', async () => {
    const report = await run({}, choosing('hourly'));
    expect(ofPartition(report)).toMatchObject({ report: HOURLY_REPORT, otherReports: [], queued: 1 });
    expect(sentOf('reports-undecided')).toEqual([]);
    await world.play();
    expect(await world.ledger.partition(partitionOf(DAILY))).toMatchObject({
      report: HOURLY_REPORT,
      completeDelivery: { executionId: 'hourly' },
    });
  });

  it('stays as it is on a dry run, which says what the configuration would change', async () => {
    const before = await world.ledger.partition(partitionOf(DAILY));
    const dry = await run({ dryRun: true }, choosing('hourly'));
    expect(await world.ledger.partition(partitionOf(DAILY))).toEqual(before);
    expect(ofPartition(dry)).toMatchObject({ queued: 1, missing: 1, upToDate: 0 });
    expect(sentOf('reports-undecided')).toEqual([]);
  });
});

describe('reconcile', () => {
  it('does and marks nothing on a dry run, and says what it would have done', async () => {
    await putDelivery('2026-10-05T10:00:00.000Z', 'e1');
    await putLoose('a');
    const dry = await run({ dryRun: true });
    expect([world.copyQueue.sent, world.finalizeQueue.sent, tagged, sent]).toEqual([[], [], [], []]);
    expect([ofPartition(dry)?.queued, ofPartition(dry, LOOSE)?.queued, dry.ticks]).toEqual([1, 1, 0]);
    expect(dry.summary[0]).toBe('dry run: 2 messages would have been queued, 0 sources unreadable');
  });

  it('leaves payers and periods alone that were not asked for', async () => {
    await putDelivery('2026-10-05T10:00:00.000Z', 'e1');
    await putLoose('a');
    const report = await run({ payers: [LOOSE.payer], periods: ['2026-10'] });
    expect(report.partitions.map(({ payer, period }) => [payer, period])).toEqual([[LOOSE.payer, '2026-10']]);
    expect(sentKeys()).toEqual([LOOSE_KEY]);
    world.copyQueue.sent.length = 0;
    await run({ periods: ['2026-09'] });
    expect(sentKeys()).toEqual([]);
  });

  it('does nothing at all when its input is wrong', async () => {
    await putLoose('a');
    await expect(run({ payer: LOOSE.payer })).rejects.toThrow(ReconcileInputInvalid);
    expect(world.copyQueue.sent).toEqual([]);
  });

  it('wakes a partition that is dirty and asleep', async () => {
    await world.handle(await putLoose('a'));
    world.finalizeQueue.sent.length = 0;
    expect((await run()).ticks).toBe(1);
    expect(world.finalizeQueue.sent).toMatchObject([{ body: { period: '2026-10' } }]);
  });

  it('has a copy made again that somebody deleted, under the same key and with nothing else changed', async () => {
    await world.handle(await putLoose('a'));
    const [copy] = await world.staged();
    await world.remove(copy?.key ?? '', 'staging');
    const record = await world.ledger.partition(partitionOf(LOOSE));
    expect(ofPartition(await run(), LOOSE)).toMatchObject({ missing: 1, upToDate: 0, queued: 1 });
    await world.play();
    expect((await world.staged()).map(({ key }) => key)).toEqual([copy?.key]);
    expect(await world.ledger.partition(partitionOf(LOOSE))).toEqual(record);
    expect(world.reported('copy-restored')).toHaveLength(1);
    expect(ofPartition(await run(), LOOSE)).toMatchObject({ missing: 0, upToDate: 1, queued: 0 });
  });

  it('has a lost copy made again although its delivery is complete', async () => {
    const { keys } = await putDelivery('2026-10-05T10:00:00.000Z', 'e1');
    await run();
    await world.play();
    const [copy] = await world.staged();
    await world.remove(copy?.key ?? '', 'staging');
    world.copyQueue.sent.length = 0;
    await run();
    expect(sentKeys()).toEqual([keys[0]]);
    await world.play();
    expect(await world.staged()).toHaveLength(2);
  });

  it('marks copies that no version owns, once no message can bring their owner any more', async () => {
    await world.handle(await putLoose('a'));
    const key = `${partitionPrefix(partitionOf(LOOSE))}orphan-0123456789abcdef.parquet`;
    await world.put(key, parquetBytes(1), { bucket: 'staging', at: NOON });
    world.now = NOON + 15 * DAY;
    expect(ofPartition(await run(), LOOSE)).toMatchObject({ unowned: 0 });
    world.now = NOON + 20 * DAY + 1;
    expect(ofPartition(await run(), LOOSE)).toMatchObject({ unowned: 1 });
    expect(tagged).toEqual([{ bucket: 'staging', key }]);
  });

  it('wakes a run that clears away superseded copies of a month in which nothing changes any more', async () => {
    await world.handle(await putLoose('old', NOON - HOUR));
    const partition = partitionOf(LOOSE);
    const ids = (await world.ledger.versions(partition)).map(({ id }) => id);
    const lease = await world.ledger.acquireLease(partition.period, 'test', NOON, NOON + HOUR);
    await world.ledger.markSuperseded(partition, lease.taken ? lease.epoch : 0, ids, NOON);
    const cleared = () => world.finalizeQueue.sent.filter(({ body }) => 'clear' in body && body.clear);
    world.now = NOON + GRACE_SECONDS * 1000 - 1;
    await run();
    expect(cleared()).toEqual([]);
    world.now += 1;
    await run();
    expect(cleared()).toEqual([{ body: { period: '2026-10', clear: true }, group: '2026-10' }]);
  });

  it('reads a quarantined manifest again: the configuration that it contradicted may be mended', async () => {
    const { folder, manifest } = execution('2026-10-05T10:00:00.000Z', 'e1');
    const key = chunk(folder, 1);
    await world.put(key, parquetBytes(1));
    const event = await world.put(manifest, manifestBytes('e1', [key]));
    const unknownPlace = { is: 'ignored', reason: 'configured elsewhere' } as const;
    const place: Place = (bucket, object) => (object === key ? unknownPlace : world.staging.place(bucket, object));
    await world.handle(event, { place });
    expect(world.reported('manifest-quarantined')).toHaveLength(1);
    await run();
    await world.play();
    expect(await world.ledger.partition(partitionOf(DAILY))).toMatchObject({ completeDelivery: { executionId: 'e1' } });
    world.copyQueue.sent.length = 0;
    expect(ofPartition(await run())).toMatchObject({ upToDate: 1, queued: 0 });
  });

  it('reads no more payers at the same time than it may', async () => {
    let [open, most] = [0, 0];
    const store: ObjectStore = {
      ...bound(world.store),
      list: async function* (bucket, prefix, startAfter) {
        open += 1;
        most = Math.max(most, open);
        yield* world.store.list(bucket, prefix, startAfter);
        open -= 1;
      },
    };
    await run({}, { store, concurrency: 2 });
    expect(most).toBe(2);
    most = 0;
    await run({}, { store, concurrency: 1 });
    expect(most).toBe(1);
  });
});

describe('a payer', () => {
  const stalePayers = () => sentOf('stale').map(({ payer }) => payer);

  it('that has delivered within the limit is not reported, and one that has not is', async () => {
    await putDelivery('2026-10-05T10:00:00.000Z', 'e1');
    await run();
    await world.play();
    sent.length = 0;
    world.now += 34 * HOUR;
    await run();
    expect(stalePayers()).toEqual([LOOSE.payer, NEIGHBOUR.payer]);
    expect(sentOf('stale')[0]).toMatchObject({ hours: 8784, lastDelivery: null, limitHours: 36 });
    sent.length = 0;
    world.now += HOUR;
    await run();
    expect(stalePayers()).toEqual([DAILY.payer, LOOSE.payer, NEIGHBOUR.payer]);
    expect(sentOf('stale')[0]).toMatchObject({ hours: 37, lastDelivery: '2026-10-05T10:00:00.000Z' });
  });

  it('that was not asked for is not reported', async () => {
    await run({ payers: [LOOSE.payer] });
    expect(stalePayers()).toEqual([LOOSE.payer]);
  });

  it('that cannot be reported is reported by the next try: reconcile throws', async () => {
    const notify = () => Promise.reject(new Error('the ledger is throttled'));
    await expect(run({}, { notify })).rejects.toThrow('the ledger is throttled');
  });
});

function bound(store: ObjectStore): ObjectStore {
  return {
    read: (object, range) => store.read(object, range),
    copy: (source, target) => store.copy(source, target),
    list: (bucket, prefix, startAfter) => store.list(bucket, prefix, startAfter),
    listFolder: (bucket, prefix) => store.listFolder(bucket, prefix),
    delete: (location) => store.delete(location),
  };
}
