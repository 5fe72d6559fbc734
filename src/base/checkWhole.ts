/**
 * Throws a RangeError that names the field and the value unless it is a whole number from `min` to
 * `max`.
 */
export function checkWhole(name: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be a whole number from ${min} to ${max}, got ${value}`);
  }
}
