/** What `--help` prints. */
export const HELP = `Brings cost-and-usage reports into one warehouse and finds the wastage in them, all on this machine.

  npm start                             a generated sample: four payers, two months, every kind of report
  npm start -- --from DIR [options]     your own Parquet files: a folder in one of AWS's layouts, or loose files
  npm start -- --status [--from DIR]    what became of them: every payer's month, whether it is complete, and if not, why
  npm start -- --findings [--from DIR] [--csv FILE …]  what was found, from the state as it is
  npm start -- --report WHAT [--from DIR] [--csv FILE …]  what was spent, from the state as it is
  npm start -- --explain [CHECK]        what a check finds, why, and what to do about it; without a name: all checks
  npm start -- --sql STATEMENT [--from DIR]         asks the warehouse, also while another process works on it
  npm start -- --forget PAYER[/YYYY-MM] [--from DIR]  takes a payer, or one month of it, out of the state
  npm start -- --reset [--from DIR]     empties the state

Options
  --from DIR         the folder to read; nothing in it is changed
  --payer ID         whose files they are: a 12-digit account id (default: what the files' rows say)
  --period YYYY-MM   which month they are; in a folder with AWS's layout, only this month (default: what keys or rows say)
  --report NAME      which report is the bill where a month has several: the path of its folder, or the end of it
  --keep DIR         where the state lives: ledger, staged files, warehouse (default: a folder in .local/ for each input)
  --quiet SECONDS    a partition without a manifest is finalized when it was quiet for so long (default: once all is copied, with --watch 3)
  --max-wait SECONDS … and at the latest so long after its first change (default 10, with --watch 60; never less than --quiet)
  --memory SIZE      how much memory the warehouse may take for its data, such as 512MB or 2GB (default: half of the machine's)
  --owner-key KEY    the tag key or cost category whose value is a finding's owner, as the reports name it (default: user_owner)
  --environment-key KEY  … whose value says that a resource is not for production (default: user_environment)
  --required-tags KEYS   tag keys that every resource has to have, with commas between them (default: user_owner)
  --min-saving N     list findings that save at least N in a whole month, in their own currency (default 1.00); others are counted
  --check NAME       show the findings of this check alone
  --group-by WHAT    by check, account, service or owner: how many findings, and what they save, in place of the single ones
  --csv FILE         write what is shown to a file, too, all columns; - is stdout, and nothing else goes there
  --watch            stay, and take in every file that appears; ends with Ctrl-C
  --status           look at the state and change nothing, also while another process works on it;
                     --payer and --period: of this payer, of this month alone
  --findings         show what was found, and change nothing, also while another process works on it;
                     --payer and --period: of this payer, of this month alone, as without --findings
  --summary WHAT     show what was spent, and change nothing, also while another process works on it: by service, account,
                     day, region or tag:KEY, or commitments, transfer, movers, anomalies, forecast; of the newest month, or
                     that of --period; --report WHAT is the same (a folder of that name is --report /WHAT)
  --explain [CHECK]  a check's title, thresholds, saving rule, blind spots and source; needs no state
  --sql STATEMENT    one statement that reads, such as 'select * from cur_findings', in DuckDB's SQL; its rows as a table
  --forget PAYER[/YYYY-MM]  remove its records, rows, findings and staged copies: for a --payer or --period that was wrong
  --reset            remove everything that this program has put into the state's folder, and nothing else
  --json             one JSON document on stdout; progress goes to stderr
  --version          the version
  --help             this text

A second run on the same state finds nothing to do. Tables fit the terminal: its width, else COLUMNS, else 80.

Exit status: 0 every partition is published (with --status: complete); 1 an error; 2 a wrong option, or SQL that is
not one statement that reads; 3 done, but something is not complete: a partition waits for a file, is held or has failed, a check has failed,
a file's payer or month is unknown, a file cannot be read, or it is recorded under another payer or month as well;
130 stopped by Ctrl-C, 143 by SIGTERM: nothing is lost, the same command goes on from there.
`;
