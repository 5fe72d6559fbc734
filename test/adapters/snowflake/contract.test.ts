import { describeWarehouseContract } from '../../warehouse/contract.ts';
import { makeSnowflakeHarness } from './snowflakeHarness.ts';

describeWarehouseContract('Snowflake with an external table', () => makeSnowflakeHarness('external'));
describeWarehouseContract('Snowflake with a native table', () => makeSnowflakeHarness('table'));
