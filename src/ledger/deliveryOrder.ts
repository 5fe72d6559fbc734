import { executionTime } from '../billing/executionTime.ts';
import { compareText, compareVersions, type SourceVersion } from '../billing/version.ts';

/** Orders deliveries: by the manifest they came with. */
export interface DeliveryOrder {
  readonly id: string;
  readonly executionId: string;
  readonly manifest: SourceVersion;
}

export function orderOf({ id, executionId, manifest }: DeliveryOrder): DeliveryOrder {
  return { id, executionId, manifest };
}

/**
 * Above zero when `a` is the newer delivery. Two manifests of one key compare as versions, others
 * by the time in the name of the delivery's folder. Legacy reports write a manifest into the
 * month's folder over and over, and a copy into each delivery's own: the month's names the newest
 * (Cost and Usage Reports User Guide, "Understanding your report versions"). Only then LastModified
 * decides, which a copy of the bucket does not preserve.
 */
export function compareDeliveries(a: DeliveryOrder, b: DeliveryOrder): number {
  const sameKey = a.manifest.bucket === b.manifest.bucket && a.manifest.key === b.manifest.key;
  if (sameKey) return compareVersions(a.manifest, b.manifest);
  const [timeA, timeB] = [executionTime(a.manifest.key), executionTime(b.manifest.key)];
  if (timeA !== undefined && timeB !== undefined && timeA !== timeB) return timeA - timeB;
  if (isAboveDelivery(a.manifest, b.manifest)) return 1;
  if (isAboveDelivery(b.manifest, a.manifest)) return -1;
  return a.manifest.lastModified - b.manifest.lastModified || compareText(a.executionId, b.executionId);
}

/** Whether `a` lies in a month's folder, and `b` in the folder of one delivery below it. */
function isAboveDelivery(a: SourceVersion, b: SourceVersion): boolean {
  const month = /^(?:.*\/)?\d{8}-\d{8}\/(?=[^/]*$)/s.exec(a.key)?.[0];
  return (
    month !== undefined &&
    a.bucket === b.bucket &&
    b.key.startsWith(month) &&
    /^[^/]+\/[^/]+$/s.test(b.key.slice(month.length))
  );
}
