import { describeWarehouseContract } from '../../warehouse/contract.ts';
import { makeSnowflakeHarness } from './snowflakeHarness.ts';

describeWarehouseContract('Snowflake', makeSnowflakeHarness);
