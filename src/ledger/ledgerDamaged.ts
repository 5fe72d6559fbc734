/**
 * What the file holds is not what was written: a disk has changed it. Consequence: stop, and name
 * the file; what it knew is found again at the sources.
 */
export class LedgerDamaged extends Error {
  override readonly name = 'LedgerDamaged';
}
