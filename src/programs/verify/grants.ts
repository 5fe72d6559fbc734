/** One privilege of a role on one object, as SHOW GRANTS names them. */
export interface Grant {
  readonly privilege: string;
  /** As GRANT calls it, lower case: `external table`. */
  readonly kind: string;
  /** Upper case, qualified as far as the kind of object is. */
  readonly object: string;
  readonly role: string;
}

const GRANT = /^grant\s+(?<privileges>.+?)\s+on\s+(?<named>.+?)\s+to\s+role\s+(?<role>\S+)/is;

/** What the statements grant; those that grant nothing on an object are passed over. */
export function grantsOf(statements: readonly string[]): Grant[] {
  return statements.flatMap((statement) => {
    const { privileges = '', named = '', role = '' } = GRANT.exec(statement)?.groups ?? {};
    const words = named.split(/\s+/);
    const [kind, object] = [words.slice(0, -1).join(' ').toLowerCase(), words.at(-1)?.toUpperCase() ?? ''];
    return privileges
      .split(',')
      .map((privilege) => privilege.trim().replaceAll(/\s+/g, ' ').toUpperCase())
      .filter((privilege) => privilege !== '')
      .map((privilege) => ({ privilege, kind, object, role: role.toUpperCase() }));
  });
}

/**
 * What of `wanted` is not among what a role has: whoever owns an object may do everything with it.
 */
export function missingGrants(
  wanted: readonly Grant[],
  had: readonly Pick<Grant, 'privilege' | 'object'>[],
): readonly Grant[] {
  const has = new Set(had.map(({ privilege, object }) => `${privilege} ${object}`));
  return wanted.filter(
    ({ privilege, object }) => !has.has(`${privilege} ${object}`) && !has.has(`OWNERSHIP ${object}`),
  );
}
