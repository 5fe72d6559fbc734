import type { Row } from '../../warehouse/harness.ts';
import type { SnowflakeState } from './snowflakeState.ts';
import { bound, type Known, texts } from './snowflakeStatements.ts';

const STAGE_FOLDER = 'staging/';

/** The rows that a scan of a registered file yields: none of what is not there. */
export function scan(state: SnowflakeState, stagedKey: string): readonly Row[] {
  return (state.stage.get(stagedKey) ?? []).slice(state.rowsLeftOut.get(stagedKey) ?? 0);
}

/** The statements about the external table; `registered` are the staged keys that it knows. */
export function externalTableStatements(state: SnowflakeState, registered: Set<string>): Known[] {
  const outcome = ['file', 'status', 'description'];
  return [
    {
      pattern: /^alter external table <externalTable> refresh '([^']+\/)'$/,
      run: async ({ match: [, path = ''] }) => texts(outcome, refresh(state, registered, path)),
    },
    {
      pattern: /^alter external table <externalTable> remove files \(('[^']+'(?:, '[^']+')*)\)$/,
      run: async ({ match: [, list = ''] }) => {
        const keys = list.split(', ').map((text) => text.slice(1, -1));
        return texts(
          outcome,
          keys.map((key) => remove(state, registered, key)),
        );
      },
    },
    {
      pattern:
        /^select file_name from table\(<information_schema>\.external_table_files\(table_name => '<externalTable>'\)\) where contains\(file_name, \?\)$/,
      run: async ({ binds }) =>
        texts(
          ['FILE_NAME'],
          [...registered].filter((key) => key.includes(bound(binds, 0))).map((key) => [STAGE_FOLDER + key]),
        ),
    },
  ];
}

function refresh(state: SnowflakeState, registered: Set<string>, path: string): string[][] {
  const rows: string[][] = [];
  for (const key of [...registered].filter((each) => each.startsWith(path) && !state.stage.has(each))) {
    registered.delete(key);
    rows.push([STAGE_FOLDER + key, 'UNREGISTERED', 'File unregistered successfully.']);
  }
  for (const key of [...state.stage.keys()].filter((each) => each.startsWith(path))) {
    if (state.failsToRegister.has(key)) {
      rows.push([STAGE_FOLDER + key, 'REGISTER_FAILED', 'Error reading the file.']);
    } else if (!registered.has(key)) {
      registered.add(key);
      rows.push([STAGE_FOLDER + key, 'REGISTERED_NEW', 'File registered successfully.']);
    } else if (state.mentionsUnchanged) {
      rows.push([STAGE_FOLDER + key, 'REGISTER_SKIPPED', 'File is already registered.']);
    }
  }
  return rows;
}

function remove(state: SnowflakeState, registered: Set<string>, key: string): string[] {
  if (state.failsToUnregister.has(key) || !registered.delete(key))
    return [STAGE_FOLDER + key, 'UNREGISTER_FAILED', 'Error updating the metadata.'];
  return [STAGE_FOLDER + key, 'UNREGISTERED', 'File unregistered successfully.'];
}
