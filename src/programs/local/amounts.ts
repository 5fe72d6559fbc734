/** A count with thousands set apart. */
export function thousands(value: number): string {
  return value.toLocaleString('en-US');
}

/**
 * An amount with two digits; nothing where nothing is known. What rounds to nothing has no sign.
 */
export function money(value: number | null): string {
  if (value === null) return '';
  return value.toLocaleString('en-US', {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    signDisplay: 'negative',
  });
}
