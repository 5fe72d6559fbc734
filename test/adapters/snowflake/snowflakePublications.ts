import {
  type Binds,
  bound,
  boundNumber,
  boundTexts,
  escaped,
  IN_BOUND_TEXTS,
  type Known,
  literally,
  monthIn,
  NOTHING,
  ofMonth,
  pattern,
  texts,
} from './snowflakeStatements.ts';
import { type CurrentFile, deleteWhere, insert, type Sessions, type Write } from './snowflakeTables.ts';

export function publicationStatements(sessions: Sessions): Known[] {
  const deletion = (table: 'currentFiles' | 'publications'): Known => ({
    pattern: pattern(`delete from <${table}> where ${ofMonth()}`),
    run: async ({ match, sessionId }) => {
      await sessions.write(sessionId, table, (tables) => deleteWhere(tables[table], monthIn(match).isOf));
      return NOTHING;
    },
  });
  return [
    deletion('currentFiles'),
    deletion('publications'),
    { pattern: INSERT_PUBLICATIONS, run: ({ binds, sessionId }) => insert(sessions, sessionId, publicationsOf(binds)) },
    {
      pattern: INSERT_CURRENT_FILES,
      run: ({ match, binds, sessionId }) => insert(sessions, sessionId, currentFilesOf(match, binds)),
    },
    {
      pattern: SELECT_PUBLISHED,
      run: async ({ match, sessionId }) => {
        const { publications, currentFiles } = sessions.read(sessionId);
        return texts(
          ['PAYER', 'EPOCH', 'STAGED_KEY'],
          publications.filter(monthIn(match).isOf).flatMap(({ payer, year, month, epoch }) => {
            const files = currentFiles.filter((row) => row.payer === payer && row.year === year && row.month === month);
            const keys = files.length === 0 ? [null] : files.map(({ stagedKey }) => stagedKey);
            return keys.map((key) => [payer, String(epoch), key]);
          }),
        );
      },
    },
    {
      pattern: pattern(`select staged_key from <currentFiles> where ${ofMonth()} and staged_key ${IN_BOUND_TEXTS}`),
      run: async ({ match, binds, sessionId }) => {
        const keys = boundTexts(binds, 0);
        const rows = sessions.read(sessionId).currentFiles.filter(monthIn(match).isOf);
        return texts(
          ['STAGED_KEY'],
          rows.filter(({ stagedKey }) => keys.has(stagedKey)).map((row) => [row.stagedKey]),
        );
      },
    },
  ];
}

const INSERT_PUBLICATIONS = literally(
  'insert into <publications> (payer, year, month, delivery_id, as_of, epoch, published_at, costs)' +
    ' select value:payer::varchar, ?, ?, value:delivery_id::varchar,' +
    ' to_timestamp_ntz(value:as_of_epoch_ms::number(38, 0), 3), ?, sysdate(), value:costs::varchar' +
    ' from table(flatten(input => parse_json(?)))',
);
const INSERT_CURRENT_FILES = pattern(
  escaped(
    'insert into <currentFiles> (payer, year, month, staged_key, row_count, delivery_id, as_of, epoch, published_at)' +
      ' select publication.payer, publication.year, publication.month,' +
      ' file.value:staged_key::varchar, file.value:rows::number(38, 0),' +
      ' publication.delivery_id, publication.as_of, publication.epoch, publication.published_at' +
      ' from table(flatten(input => parse_json(?))) as file' +
      ' join <publications> as publication on publication.payer = file.value:payer::varchar' +
      ' where ',
  ) + ofMonth('publication.'),
);
const SELECT_PUBLISHED = pattern(
  'select publication.payer, publication.epoch, current_file.staged_key from <publications> as publication' +
    ' left join <currentFiles> as current_file on current_file.payer = publication.payer' +
    ' and current_file.year = publication.year and current_file.month = publication.month' +
    ` where ${ofMonth('publication.')}`,
);

function publicationsOf(binds: Binds): Write {
  const [year, month, epoch] = [boundNumber(binds, 0), boundNumber(binds, 1), boundNumber(binds, 2)];
  const rows: { payer: string; delivery_id?: string; as_of_epoch_ms: number; costs?: string }[] = JSON.parse(
    bound(binds, 3),
  );
  return (tables) => {
    for (const { payer, delivery_id, as_of_epoch_ms, costs = null } of rows) {
      tables.publications.push({
        payer,
        year,
        month,
        epoch,
        deliveryId: delivery_id ?? null,
        asOf: as_of_epoch_ms,
        costs,
      });
    }
    return 0;
  };
}

function currentFilesOf(match: RegExpExecArray, binds: Binds): Write {
  const files: { payer: string; staged_key: string; rows: number }[] = JSON.parse(bound(binds, 0));
  return (tables) => {
    for (const publication of tables.publications.filter(monthIn(match).isOf)) {
      for (const file of files.filter(({ payer }) => payer === publication.payer)) {
        const { costs: _, ...ofPublication } = publication;
        const row: CurrentFile = { ...ofPublication, stagedKey: file.staged_key, rowCount: file.rows };
        tables.currentFiles.push(row);
      }
    }
    return 0;
  };
}
