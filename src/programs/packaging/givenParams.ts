/** The `params` of serverless.yml: those of every stage under `default`, and each stage's own. */
type ParamSections = Readonly<Record<string, Readonly<Record<string, unknown>> | null | undefined>>;

/**
 * The params of a stage, as the framework finds them: `--param NAME=VALUE` before the stage's own,
 * and these before the defaults. One without a value counts as not given.
 */
export function givenParams(
  sections: ParamSections,
  stage: string,
  commandLine: readonly string[],
): Record<string, unknown> {
  const typed = commandLine.map((text) => [text.split('=', 1)[0], text.slice(text.indexOf('=') + 1)]);
  const all = [sections.default, sections[stage], Object.fromEntries(typed)];
  return Object.fromEntries(
    all.flatMap((section) =>
      Object.entries(section ?? {}).filter(([, value]) => value !== null && value !== undefined),
    ),
  );
}
