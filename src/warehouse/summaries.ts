/**
 * What sql/summary_tables.sql creates: what was spent, replaced month by month by the wastage
 * script. Each has the columns `payer`, `year` and `month`.
 */
export const summaryTables = [
  'cur_months',
  'cur_accounts',
  'cur_daily_cost',
  'cur_monthly_cost',
  'cur_commitment_use',
  'cur_untagged',
  'cur_data_transfer',
  'cur_snapshots',
] as const;

/** What sql/summary_views.sql creates over these: days and months compared. */
export const summaryViews = [
  'cur_comparable_days',
  'cur_daily_series',
  'cur_daily_trend',
  'cur_anomalies',
  'cur_cost_drift',
  'cur_forecast',
  'cur_month_to_date',
  'cur_savings_rate',
  'cur_commitment_utilisation',
  'cur_commitment_coverage',
  'cur_month_pairs',
  'cur_cost_changes',
  'cur_movers',
  'cur_unit_prices',
] as const;
