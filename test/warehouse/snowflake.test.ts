import { describeWarehouseContract } from './contract.ts';
import { makeSnowflakeHarness } from './snowflake/snowflakeHarness.ts';

describeWarehouseContract('Snowflake', makeSnowflakeHarness);
