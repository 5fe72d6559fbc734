import type { BuildOptions, Metafile, Plugin } from 'esbuild';

declare namespace config {
  /** What every bundle is made with, apart from the plugins. */
  const options: BuildOptions;
  /**
   * Bundles one function as packaging does. `payersFile` is an absolute path; resources/payers.yml
   * when there is none. Throws esbuild's BuildFailure, which names every wrong field of the payers
   * file.
   */
  function bundle(entry: string, outfile: string, options?: { readonly payersFile?: string }): Promise<Metafile>;
}
declare function config(serverless: { readonly service: object; readonly serviceDir?: string }): Plugin[];
export = config;
