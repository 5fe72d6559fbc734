-- The staging bucket as Snowflake sees it, and how its files are read.
-- Neither is ever replaced: the table of line items hangs on both.

use role sysadmin;

create stage if not exists #stage
    url = '#bucket_url'
    storage_integration = #integration
    comment = 'Immutable copies, year=YYYY/month=MM/payer-ID/';

-- binary_as_text: older reports do not say of their texts that they are text.
-- use_logical_type: else a timestamp is a number.
-- replace_invalid_characters: else a row with a broken text is left out, and
-- nobody is notified.
create file format if not exists #file_format
    type = parquet
    binary_as_text = true
    use_logical_type = true
    replace_invalid_characters = true;
