import { bound, type Known, literally, pattern, texts } from './snowflakeStatements.ts';
import { insert, type Sessions } from './snowflakeTables.ts';

/** The statements about columns that are read by value, and about the view that does so. */
export function columnsByValueStatements(sessions: Sessions, viewComment: () => string | null): Known[] {
  return [
    {
      pattern: literally('select distinct column_name from <columnsByValue> order by column_name'),
      run: async ({ sessionId }) => {
        const names = sessions.read(sessionId).columnsByValue.map(({ columnName }) => columnName);
        return texts(
          ['COLUMN_NAME'],
          [...new Set(names)].sort().map((name) => [name]),
        );
      },
    },
    {
      pattern: pattern(
        String.raw`insert into <columnsByValue> \(column_name, first_file, since\) values (\('[^']+', '[^']+', sysdate\(\)\)(?:, |$))+`,
      ),
      run: ({ match: [text], sessionId }) =>
        insert(sessions, sessionId, (tables) => {
          for (const [, columnName = '', firstFile = ''] of text.matchAll(/\('([^']+)', '([^']+)', sysdate/g)) {
            tables.columnsByValue.push({ columnName, firstFile });
          }
          return 0;
        }),
    },
    {
      pattern: literally('select comment from <information_schema>.views where table_schema = ? and table_name = ?'),
      run: async ({ binds }) => {
        const isView = bound(binds, 0) === 'CUR' && bound(binds, 1) === 'CUR_LINE_ITEMS';
        return texts(['COMMENT'], isView ? [[viewComment()]] : []);
      },
    },
  ];
}
