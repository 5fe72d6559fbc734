/**
 * The tables of the embedded warehouse. Each comment states the grain; primary keys hold to it
 * where no bulk is loaded.
 */
export const tableStatements: readonly string[] = [
  // one row per line item of a registered file. These are the columns that audits read: the first
  // file that has another one of the contract's brings it along (externalTable.ts)
  `create table if not exists cur_external (
     payer VARCHAR, year INTEGER, month INTEGER, staged_key VARCHAR,
     bill_billing_period_start_date TIMESTAMP, line_item_currency_code VARCHAR, line_item_unblended_cost DOUBLE,
     line_item_operation VARCHAR, split_line_item_parent_resource_id VARCHAR
   )`,
  // one row per registered file; `rows` as its footer promises
  `create table if not exists cur_registered_files (
     payer VARCHAR, year INTEGER, month INTEGER, staged_key VARCHAR, rows BIGINT,
     primary key (payer, year, month, staged_key)
   )`,
  // one row per published file: exactly these are what readers see
  `create table if not exists cur_current_files (
     payer VARCHAR, year INTEGER, month INTEGER, staged_key VARCHAR, rows BIGINT,
     delivery_id VARCHAR, as_of TIMESTAMP, epoch BIGINT, published_at TIMESTAMP,
     primary key (payer, year, month, staged_key)
   )`,
  // one row per partition that was ever published, with files or without; `costs` as JSON, null
  // where nobody has added them up
  `create table if not exists cur_publications (
     payer VARCHAR, year INTEGER, month INTEGER,
     delivery_id VARCHAR, as_of TIMESTAMP, epoch BIGINT, published_at TIMESTAMP, costs VARCHAR,
     primary key (payer, year, month)
   )`,
  // one row per period: the epoch of the newest run that was let in; the same of runs of the
  // analytics script, and the number of the last statement that it has committed
  `create table if not exists cur_fence (
     period VARCHAR primary key, epoch BIGINT, script_run BIGINT default 0, script_statement BIGINT default 0
   )`,
  // a database of an older release gets what it lacks
  `alter table cur_fence add column if not exists script_run BIGINT default 0`,
  `alter table cur_fence add column if not exists script_statement BIGINT default 0`,
  `alter table cur_publications add column if not exists costs VARCHAR`,
];
