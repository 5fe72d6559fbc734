/** What the checks are called, by their names, read when the function was bundled. */
declare module 'checks:titles' {
  const titles: Readonly<Record<string, string>>;
  export default titles;
}
