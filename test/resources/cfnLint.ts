import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findPythonTool } from '../aws/pythonTools.ts';
import { type PackagedStage, TEMPLATE_FILE } from './packaged.ts';

/**
 * Functions wait for their roles twice: by the reference, and by a DependsOn that the framework
 * adds.
 */
const NOT_OURS = ['--ignore-checks', 'W3005'];

/** What cfn-lint says of a packaged template: nothing where it finds it right. */
export async function lint({ directory }: PackagedStage): Promise<string> {
  const cfnLint = await findPythonTool('cfn-lint');
  const linted = promisify(execFile)(cfnLint, [join(directory, TEMPLATE_FILE), ...NOT_OURS]);
  return (await linted.catch((error: { stdout: string }) => error)).stdout;
}
