import script from '../sql/analytics_wastage_queries.sql';
import { snowflakeNames } from '../src/adapters/snowflake/names.ts';
import { openSnowflakeWarehouse } from '../src/adapters/snowflake/warehouse.ts';
import { analyticsStatements } from '../src/analytics/script.ts';
import type { FinalizeEnvironment } from '../src/config/environment.ts';
import type { Warehouse } from '../src/warehouse/warehouse.ts';
import { snowflakeSession } from './snowflake.ts';

/** A statement ends before the function's own 15 minutes are over. */
const STATEMENT_SECONDS = 780;

/** The stage's warehouse: Snowflake, with the wastage script. */
export function openWarehouse(environment: FinalizeEnvironment): Warehouse {
  const { STAGE: stage, SNOWFLAKE_DATABASE: database, SNOWFLAKE_SCHEMA: schema } = environment;
  return openSnowflakeWarehouse({
    session: snowflakeSession(environment, STATEMENT_SECONDS),
    names: snowflakeNames({ database, schema }),
    stage,
    analyticsStatements: (period, payers) => analyticsStatements(script, period, payers),
  });
}
