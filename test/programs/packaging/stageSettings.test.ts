import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readStageSettings, SettingsInvalid } from '../../../src/programs/packaging/stageSettings.ts';

const deployed = await readFile(new URL('../../../serverless.yml', import.meta.url), 'utf8');
const yaml = (role: string, rest = '', credits = '0') => `
service: reactor
params:
  default:
    region: us-east-2
    stagingBucket: staging-\${sls:stage}
    snowflakeDatabase: CUR
    snowflakeSchema: CUR
    snowflakeWarehouse: CUR
    snowflakeWarehouseSize: xsmall
    snowflakeAnalyticsWarehouse: none
    snowflakeAnalyticsWarehouseSize: medium
    snowflakeMonthlyCredits: ${credits}
    snowflakeRole: ${role}
    snowflakeExternalId: '0000'
    warehouseTarget: external
    payersTable: none
    payersFile: resources/payers.yml
    rolePath: /
  ${rest}
functions:
  copy:
    role: !GetAtt CopyRole.Arn
`;

describe('the settings of a stage', () => {
  it('are those of serverless.yml, the stage’s own over the defaults', () => {
    expect(readStageSettings(deployed, 'prod')).toMatchObject({
      database: 'CUR_REACTOR',
      region: 'us-east-1',
      payersTable: 'none',
      payersFile: 'resources/payers.yml',
      rolePath: '/',
    });
    expect(readStageSettings(deployed, 'dev')).toMatchObject({ database: 'CUR_REACTOR_DEV', region: 'us-east-2' });
  });

  it('know the stage’s name, also where nothing else is said of it', () => {
    expect(readStageSettings(yaml('R'), 'try')).toEqual({
      stage: 'try',
      service: 'reactor',
      region: 'us-east-2',
      stagingBucket: 'staging-try',
      database: 'CUR',
      schema: 'CUR',
      warehouse: 'CUR',
      warehouseSize: 'xsmall',
      analyticsWarehouse: 'none',
      analyticsWarehouseSize: 'medium',
      monthlyCredits: 0,
      role: 'R',
      externalId: '0000',
      target: 'external',
      payersTable: 'none',
      payersFile: 'resources/payers.yml',
      rolePath: '/',
    });
    expect(readStageSettings(yaml('R', 'empty:'), 'empty').role).toBe('R');
  });

  it('are refused where a number is none', () => {
    expect(readStageSettings(yaml('R', '', '12'), 'dev').monthlyCredits).toBe(12);
    expect(() => readStageSettings(yaml('R', '', '-1'), 'dev')).toThrow(
      'snowflakeMonthlyCredits must be a whole number, got -1',
    );
  });

  it.each([
    ['42', 'snowflakeRole must be a string, got 42'],
    [`'\${env:ROLE}'`, 'snowflakeRole must hold no variable'],
  ])('are refused with the name of the parameter: %s', (role, message) => {
    expect(() => readStageSettings(yaml(role), 'dev')).toThrow(message);
  });

  it('are refused with a target that there is not', () => {
    const other = yaml('R').replace('warehouseTarget: external', 'warehouseTarget: native');
    expect(() => readStageSettings(other, 'dev')).toThrow('warehouseTarget must be external or table, got "native"');
  });

  it('are refused when there are none, or the stage has no name', () => {
    expect(() => readStageSettings('service: reactor', 'dev')).toThrow(SettingsInvalid);
    expect(() => readStageSettings('- 1', 'dev')).toThrow(SettingsInvalid);
    expect(() => readStageSettings(deployed, 'de v')).toThrow(/^stage must be lower-case letters.*got "de v"$/);
  });
});
