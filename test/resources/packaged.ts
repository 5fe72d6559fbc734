import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Template } from './template.ts';

const run = promisify(execFile);

/** A stage as `sls package` makes it. */
export interface PackagedStage {
  readonly template: Template;
  /** What the framework said meanwhile. */
  readonly said: string;
  /** Where it would be deployed. */
  readonly region: string;
  /** The path of a function's zip. */
  readonly artifact: (functionName: string) => string;
  /** All that was packaged, in a folder of its own. */
  readonly directory: string;
  readonly remove: () => Promise<void>;
}

export interface PackageOptions {
  /** Values that take the place of the stage's own. */
  readonly params?: Readonly<Record<string, string>>;
  /** Changes the copy of the tree before it is packaged. */
  readonly change?: (tree: string) => Promise<void>;
}

const TREE = fileURLToPath(new URL('../../', import.meta.url));
/** What packaging reads. */
const PARTS = [
  'serverless.yml',
  'esbuild.config.cjs',
  'package.json',
  'tsconfig.json',
  'functions',
  'src',
  'resources',
  'sql',
];
const TIMEOUT_MS = 500_000;
/** Nobody listens on port 9 (discard). */
const NO_NETWORK = 'http://127.0.0.1:9';

/**
 * Packages a stage as `sls package` does, from a copy of the tree: the framework leaves folders
 * beside the code, and several tests may package at the same time. The child has no credentials, no
 * home with any, and a proxy that leads nowhere. Throws with the framework's words when it fails,
 * or does not end.
 */
export async function packageStage(
  stage: string,
  { params = {}, change }: PackageOptions = {},
): Promise<PackagedStage> {
  const tree = await mkdtemp(join(tmpdir(), `packaged-${stage}-`));
  const remove = () => rm(tree, { recursive: true, force: true });
  const directory = join(tree, 'packaged');
  try {
    for (const part of PARTS) await cp(join(TREE, part), join(tree, part), { recursive: true });
    await symlink(join(TREE, 'node_modules'), join(tree, 'node_modules'));
    await change?.(tree);
    const given = Object.entries(params).map(([name, value]) => `--param=${name}=${value}`);
    const said = await runFramework(tree, ['package', '--stage', stage, '--package', directory, ...given]);
    const template = JSON.parse(await readFile(join(directory, TEMPLATE_FILE), 'utf8'));
    const state = JSON.parse(await readFile(join(directory, 'serverless-state.json'), 'utf8'));
    const region = state.service.provider.region;
    return { template, said, region, artifact: (name) => join(directory, `${name}.zip`), directory, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The stack's template, in the packaged folder. */
export const TEMPLATE_FILE = 'cloudformation-template-update-stack.json';

/** Answers what it said. Throws an Error with these words when it fails, or does not end. */
export async function runFramework(tree: string, args: readonly string[]): Promise<string> {
  const framework = join(TREE, 'node_modules', 'serverless', 'bin', 'serverless.js');
  const env = {
    PATH: process.env.PATH,
    HOME: tree,
    // The framework's plugin for esbuild leaves folders there.
    TMPDIR: tree,
    HTTP_PROXY: NO_NETWORK,
    HTTPS_PROXY: NO_NETWORK,
    http_proxy: NO_NETWORK,
    https_proxy: NO_NETWORK,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  try {
    const options = { cwd: tree, env, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
    const { stdout, stderr } = await run(process.execPath, [framework, ...args], options);
    return `${stderr}${stdout}`;
  } catch (error) {
    const {
      stdout = '',
      stderr = '',
      killed = false,
    } = error as { stdout?: string; stderr?: string; killed?: boolean };
    const how = killed ? `did not end within ${TIMEOUT_MS / 1000} s` : 'failed';
    throw new Error(`packaging ${how}: ${stderr}${stdout}`, { cause: error });
  }
}
