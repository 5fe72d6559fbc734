/** The stage's payers, parsed when the function was bundled: see esbuild.config.cjs. */
declare module 'payers:configuration' {
  const payers: import('../src/config/payers.ts').PayersConfiguration;
  export default payers;
}
