import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The tools that others wrote in Python, and what pip calls them. The versions are those the tests
 * were seen to pass with.
 */
const TOOLS = {
  moto_server: { package: 'moto[server]==5.2.5', probe: ['--help'] },
  'cfn-lint': { package: 'cfn-lint==1.58.0', probe: ['--version'] },
  // It stands in for connectors below version 5.
  fakesnow: { package: 'fakesnow==0.12.1', probe: ['--help'] },
  sqlfluff: { package: 'sqlfluff==4.5.0', probe: ['--version'] },
} as const;

export type PythonTool = keyof typeof TOOLS;

/**
 * A private virtual environment: nothing of it is seen outside this folder, and `npm ci` clears it
 * away.
 */
const ENVIRONMENT = fileURLToPath(new URL('../../node_modules/.cache/python-tools', import.meta.url));
const PACKAGES = [...Object.values(TOOLS).map((tool) => tool.package), 'snowflake-connector-python==4.8.1'];
/** Says that all of them were installed. */
const DONE = join(ENVIRONMENT, 'installed');

/**
 * How to start a tool: what is in the private environment, else what is on the PATH and answers.
 * Throws an Error that says what to install when it is in neither.
 */
export async function findPythonTool(tool: PythonTool): Promise<string> {
  const path = (await installed(tool)) ?? (await onPath(tool));
  if (path) return path;
  throw new Error(
    `${tool} was not found: install it (pip install '${TOOLS[tool].package}'), or run the whole of vitest`,
  );
}

/**
 * Sees to it that every tool can be started, and installs what is missing with pip. Throws an Error
 * that says what to do by hand when Python 3 or pip cannot do it.
 */
export async function ensurePythonTools(): Promise<void> {
  for (const tool of Object.keys(TOOLS) as PythonTool[]) {
    if ((await installed(tool)) ?? (await onPath(tool))) continue;
    await install();
    return;
  }
}

async function installed(tool: PythonTool): Promise<string | undefined> {
  const done = await readFile(DONE, 'utf8').catch(() => undefined);
  return done === PACKAGES.join('\n') ? join(ENVIRONMENT, 'bin', tool) : undefined;
}

/** Found is what runs: a shim of a Python version manager may lie on the PATH and lead nowhere. */
async function onPath(tool: PythonTool): Promise<string | undefined> {
  try {
    await run(tool, [...TOOLS[tool].probe], { timeout: 300_000 });
    return tool;
  } catch {
    return undefined;
  }
}

/**
 * A virtual environment names its own place in its scripts, so it is made where it stays; half of
 * one is done again.
 */
async function install(): Promise<void> {
  try {
    await run('python3', ['-m', 'venv', '--clear', ENVIRONMENT], { timeout: 300_000 });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES];
    await run(join(ENVIRONMENT, 'bin', 'python'), pip, { timeout: 600_000 });
    await writeFile(DONE, PACKAGES.join('\n'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `the tests need ${Object.keys(TOOLS).join(', ')}, and neither the PATH nor pip gave them. ` +
        `Install Python 3.10 or later with venv and pip, then: pip install ${PACKAGES.map((name) => `'${name}'`).join(' ')}. ` +
        `What went wrong: ${reason}`,
    );
  }
}
