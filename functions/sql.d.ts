/** A script, as a text: see esbuild.config.cjs. */
declare module '*.sql' {
  const script: string;
  export default script;
}
