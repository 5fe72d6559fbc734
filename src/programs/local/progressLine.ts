import { counted } from '../../base/counted.ts';
import { quoteValue } from '../../base/printable.ts';
import { partitionName } from '../../billing/partition.ts';
import type { ReactorEvent } from '../../telemetry/events.ts';

type What = ReactorEvent['what'];
type EventOf<Kind extends What> = Extract<ReactorEvent, { readonly what: Kind }>;

/**
 * One line about an event; undefined for what nobody wants to read. Keys are hostile: they are
 * quoted.
 */
export function progressLine(event: ReactorEvent): string | undefined {
  const line = LINES[event.what] as (event: ReactorEvent) => string | undefined;
  return line(event);
}

const notPrinted = () => undefined;

const LINES: { readonly [Kind in What]: (event: EventOf<Kind>) => string | undefined } = {
  'file-staged': (event) =>
    `staged      ${partitionName(event.partition)}  ${fileName(event.key)}, ${counted(event.rows, 'row')}`,
  'file-empty': (event) => `empty       ${partitionName(event.partition)}  ${fileName(event.key)}: a surplus part`,
  'file-quarantined': quarantinedLine,
  'manifest-quarantined': quarantinedLine,
  'file-set-aside': (event) => `set aside   ${partitionName(event.partition)}  ${fileName(event.key)}: ${event.reason}`,
  'file-withdrawn': (event) => `withdrawn   ${partitionName(event.partition)}  ${fileName(event.key)}: ${event.reason}`,
  'ledger-behind': (event) =>
    `behind      ${event.period}  the ledger is at run ${event.epoch}, the warehouse at ${event.warehouseEpoch}: going on from there`,
  'warehouse-behind': ({ partition, redo }) =>
    redo === 'load'
      ? `behind      ${partitionName(partition)}  the warehouse does not show what was published: loading it again`
      : `behind      ${partitionName(partition)}  the warehouse shows what another run published: analysing it again`,
  'object-retried': (event) => `retrying    ${quoteValue(event.key)}: ${event.reason} (attempt ${event.attempts})`,
  'object-ignored': (event) => `ignored     ${quoteValue(event.key)}: ${event.reason}`,
  'source-unknown': (event) => `unknown     ${event.bucket} ${quoteValue(event.key)}: not known yet whose it is`,
  'event-foreign': () => undefined,
  'payer-over-limit': () => undefined,
  'object-held-back': () => undefined,
  'delivery-known': (event) =>
    `delivery    ${partitionName(event.partition)}  ${event.executionId}: ${counted(event.files, 'file')}, ${event.missing} missing`,
  'delivery-unsure': (event) =>
    `unsure      ${partitionName(event.partition)}  ${event.executionId}: ${counted(event.keys.length, 'file')} may be of another delivery, and it is looked at again: ${fileName(event.keys[0] ?? '')}`,
  'partition-published': (event) =>
    `published   ${partitionName(event.partition)}  ${counted(event.files, 'file')}, ${counted(event.rows, 'row')}`,
  'partition-held': (event) => `held        ${partitionName(event.partition)}  ${event.reason}`,
  'partition-postponed': ({ partition, nextSeconds }) =>
    `postponed   ${partitionName(partition)}  it gets ${nextSeconds} s after the others`,
  'registration-failed': failedLine,
  'verification-failed': failedLine,
  'analytics-failed': failedLine,
  'analytics-done': (event) => `analysed    ${event.period}  ${counted(event.partitions, 'payer')}`,
  'analytics-handed-on': (event) =>
    `analysing   ${event.period}  ${event.stepsDone} of ${counted(event.steps, 'step')}`,
  'analytics-repeated': (event) => `repeated    ${event.period}  analytics: ${event.reason}`,
  'check-failed': (event) => `failed      ${event.period}  check ${event.check}: ${event.reason}`,
  'analytics-cancelled': (event) => `cancelled   ${event.period}  analytics: ${event.reason}`,
  'payer-fresh': (event) =>
    event.isStale
      ? `stale       ${event.payer} ${counted(Math.round(event.hours), 'hour')} without a delivery`
      : undefined,
  'warehouse-unavailable': (event) => `no answer   of the warehouse for ${event.period}: ${event.reason}`,
  'messages-kept': (event) =>
    `kept        ${event.isAtLeast ? 'at least ' : ''}${counted(event.count, 'message')}: ${event.reason}`,
  'message-unroutable': (event) => `unroutable  ${event.routingKey}: no queue is bound for it`,
  'message-dropped': (event) => `dropped     ${event.routingKey}: ${event.reason}`,
  'files-removed': (event) =>
    `removed     ${partitionName(event.partition)}  ${counted(event.files, 'superseded file')}`,
  'removal-failed': (event) =>
    `left behind ${partitionName(event.partition)}  ${counted(event.files, 'superseded file')}: ${event.reason}`,
  'source-unreadable': (event) => `unreadable  ${event.payer} ${event.bucket}: ${event.reason}`,
  'copy-damaged': (event) =>
    `damaged     ${partitionName(event.partition)}  the copy of ${fileName(event.key)} ${damageOf(event)}: it is made again`,
  'copy-restored': (event) =>
    `restored    ${partitionName(event.partition)}  ${fileName(event.key)}: its copy was gone`,
  'copies-unowned': (event) =>
    `unowned     ${partitionName(event.partition)}  ${counted(event.files, 'copy', 'copies')}`,
  'configuration-empty': fallbackLine,
  'configuration-fallback': fallbackLine,
  'payer-row-wrong': (event) => `wrong row   ${event.row} of the payers: ${event.reason}`,
  'configuration-loaded': notPrinted,
  'file-known': notPrinted,
  'file-superseded': notPrinted,
  'file-gone': notPrinted,
  'run-started': notPrinted,
  'step-timed': notPrinted,
  'rows-verified': notPrinted,
  'analytics-started': notPrinted,
  'partition-finalized': notPrinted,
  surveyed: notPrinted,
  'freshness-surveyed': notPrinted,
  'messages-sent': notPrinted,
  'lease-lost': notPrinted,
};

function fallbackLine(event: EventOf<'configuration-empty' | 'configuration-fallback'>): string {
  return `fallback    payers from the ${event.from}: ${event.reason}`;
}

function failedLine(event: EventOf<'registration-failed' | 'verification-failed' | 'analytics-failed'>): string {
  return `failed      ${partitionName(event.partition)}  ${event.reason} (attempt ${event.attempts})`;
}

function quarantinedLine(event: EventOf<'file-quarantined' | 'manifest-quarantined'>): string {
  return `quarantined ${partitionName(event.partition)}  ${fileName(event.key)}: ${event.reason}`;
}

function fileName(key: string): string {
  return quoteValue(key.slice(key.lastIndexOf('/') + 1));
}

function damageOf({ sizeBytes, expectedBytes }: EventOf<'copy-damaged'>): string {
  return sizeBytes === expectedBytes ? 'has different bytes' : `has ${sizeBytes} bytes, not ${expectedBytes}`;
}
