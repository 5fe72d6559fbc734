import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/base/commandLine.ts';
import { refuseOptionsOfNpm } from '../../../src/programs/local/npmOptions.ts';
import { optionNames } from '../../../src/programs/local/options.ts';

const started = (environment: NodeJS.ProcessEnv, ...args: readonly string[]) =>
  refuseOptionsOfNpm({ npm_lifecycle_event: 'start', ...environment }, optionNames, args);

describe('options that npm has taken for its own', () => {
  it('are refused, and how to write them is said', () => {
    // What npm makes of `npm start --from x --max-wait=5`.
    expect(() => started({ npm_config_from: 'true', npm_config_max_wait: '5' })).toThrow(UsageError);
    expect(() => started({ npm_config_from: 'true', npm_config_max_wait: '5' })).toThrow(
      'npm has kept --from, --max-wait for itself: put -- before them, as in npm start -- --from --max-wait',
    );
    expect(() => started({ npm_config_watch: 'true' })).toThrow('put -- before it, as in npm start -- --watch');
  });

  it('are found by what npm leaves of them, where it has an option of that name itself', () => {
    // What npm makes of `npm start --quiet 10`.
    expect(() => started({ npm_config_loglevel: 'warn' }, '10')).toThrow('"10" is no option: put -- before options');
    expect(() => started({}, '--from', 'x')).not.toThrow();
  });

  it("are none where npm's configuration is its own, or another script's", () => {
    expect(() => started({ npm_config_loglevel: 'silent', npm_config_cache: '/x' })).not.toThrow();
    expect(() => refuseOptionsOfNpm({ npm_config_json: 'true' }, optionNames, ['x'])).not.toThrow();
    const other = { npm_lifecycle_event: 'test', npm_config_json: 'true' };
    expect(() => refuseOptionsOfNpm(other, optionNames, [])).not.toThrow();
  });
});
