/**
 * What this project's own example values begin with, where AWS wants a name that nobody else has.
 */
const MADE_UP = /^example-/;
/** The accounts that AWS's documentation and ours speak of: nobody's payers. */
const MADE_UP_ACCOUNTS = ['111122223333', '444455556666', '777788889999', '999988887777', '123456789012'];

/** Whether a bucket's name is one of this project's examples, which nobody can have. */
export function isMadeUp(bucket: string): boolean {
  return MADE_UP.test(bucket);
}

export function isMadeUpAccount(account: string): boolean {
  return MADE_UP_ACCOUNTS.includes(account);
}
