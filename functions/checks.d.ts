/** What the checks are called, by their names, as of when the function was bundled: see esbuild.config.cjs. */
declare module 'checks:titles' {
  const titles: Readonly<Record<string, string>>;
  export default titles;
}
