import { quoteValue } from '../../base/printable.ts';

/** Stands for "not known yet", until Snowflake has said whom the role is to trust. */
export const NO_EXTERNAL_ID = '0000';

/**
 * Params that are right by themselves and do not fit each other; nothing is said of those in
 * `wrong`.
 */
export function clashesOf(given: Readonly<Record<string, unknown>>, wrong: ReadonlySet<unknown>): string[] {
  const areRight = (...names: readonly string[]) => names.every((name) => !wrong.has(name));
  const { quietSeconds, maxWaitSeconds, region, alarmTopics, snowflakeUserArn, snowflakeExternalId } = given;
  const clashes: string[] = [];
  if (areRight('organizationId', 'payerAccess') && given.payerAccess === 'organization' && !given.organizationId) {
    clashes.push('payerAccess must be exact where no organizationId is given, got "organization"');
  }
  if (areRight('quietSeconds', 'maxWaitSeconds') && Number(quietSeconds) > Number(maxWaitSeconds)) {
    const values = `${quoteValue(maxWaitSeconds)} and ${quoteValue(quietSeconds)}`;
    clashes.push(`maxWaitSeconds must not be below quietSeconds, got ${values}`);
  }
  const maxWaitHours = Number(maxWaitSeconds) / 3600;
  if (areRight('maxWaitSeconds', 'notVisibleAfterHours') && maxWaitHours >= Number(given.notVisibleAfterHours)) {
    const values = `${quoteValue(given.notVisibleAfterHours)} and ${quoteValue(maxWaitSeconds)}`;
    clashes.push(`notVisibleAfterHours must be longer than maxWaitSeconds, got ${values}`);
  }
  if (areRight('region', 'alarmTopics') && Array.isArray(alarmTopics)) {
    const strangers = alarmTopics.filter((arn) => String(arn).split(':')[3] !== region);
    clashes.push(
      ...strangers.map((arn) => `alarmTopics must be in the stage's region, ${String(region)}, got ${quoteValue(arn)}`),
    );
  }
  if (areRight('ownerDigests', 'rabbitmqSecret') && given.ownerDigests === 'on' && given.rabbitmqSecret === 'none') {
    clashes.push('ownerDigests must be off where rabbitmqSecret is none: nobody would get one');
  }
  clashes.push(...placeClashes(given, areRight));
  const knowsUser = !String(snowflakeUserArn).endsWith(':root');
  if (areRight('snowflakeUserArn', 'snowflakeExternalId') && knowsUser && snowflakeExternalId === NO_EXTERNAL_ID) {
    const both = 'must be what desc integration answers beside snowflakeUserArn';
    clashes.push(`snowflakeExternalId ${both}, got ${quoteValue(snowflakeExternalId)}`);
  }
  return clashes;
}

const KEYS = ['bucketKey', 'ledgerKey', 'queuesKey', 'secretsKey', 'logsKey'];

/** The same for what has to be in the stage's own region, or come in pairs. */
function placeClashes(
  given: Readonly<Record<string, unknown>>,
  areRight: (...names: readonly string[]) => boolean,
): string[] {
  const { region, vpcSubnets = [], vpcSecurityGroups = [] } = given;
  const far = KEYS.filter((name) => {
    const key = String(given[name]);
    return areRight('region', name) && key !== '' && key.split(':')[3] !== region;
  });
  const clashes = far.map(
    (name) => `${name} must be in the stage's region, ${String(region)}, got ${quoteValue(given[name])}`,
  );
  const isEmpty = (list: unknown) => Array.isArray(list) && list.length === 0;
  if (areRight('vpcSubnets', 'vpcSecurityGroups') && isEmpty(vpcSubnets) !== isEmpty(vpcSecurityGroups)) {
    clashes.push('vpcSubnets and vpcSecurityGroups must both have ids, or neither');
  }
  return clashes;
}
