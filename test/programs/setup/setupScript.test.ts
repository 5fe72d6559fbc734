import { describe, expect, it } from 'vitest';
import { ScriptError } from '../../../src/analytics/scriptError.ts';
import { renderSetupScript } from '../../../src/programs/setup/setupScript.ts';

const values = new Map([
  ['role', 'CUR_REACTOR'],
  ['bucket', 'my-bucket'],
  ['quote', "it's"],
]);

describe('a setup script', () => {
  it('has its placeholders filled in code and in quotes, and not in comments', () => {
    expect(renderSetupScript("-- #role\ngrant role #role; /* #bucket */ url = 's3://#bucket/'", values)).toBe(
      "-- #role\ngrant role CUR_REACTOR; /* #bucket */ url = 's3://my-bucket/'",
    );
  });

  it.each(['use role\n  #rol', "url =\n's3://#buckets/'", 'use role\n#', 'use role\n#role_'])(
    'is refused for a placeholder without a value, by its line: %j',
    (script) => {
      expect(() => renderSetupScript(script, values)).toThrow(ScriptError);
      expect(() => renderSetupScript(script, values)).toThrow(/^line 2: unknown placeholder #/);
    },
  );

  it('is refused when a value would end the quotes that it stands in', () => {
    expect(() => renderSetupScript("comment = '#quote'", values)).toThrow('#quote inside quotes');
  });
});
