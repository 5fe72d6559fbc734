import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { endWithUs } from './endWithUs.ts';

const ENDLESS = 'setInterval(() => {}, 1_000_000)';
/** Starts an endless process that holds its output open, says so, and stays. */
const STARTER = `
  import { spawn } from 'node:child_process';
  import { endWithUs } from '${new URL('./endWithUs.ts', import.meta.url)}';
  endWithUs(spawn(process.execPath, ['-e', '${ENDLESS}'], { stdio: ['ignore', 'inherit', 'ignore'] }));
  process.stdout.write('started');
  ${ENDLESS};
`;

it('a process does not outlive the one that started it, even when that is killed', async () => {
  const starter = spawn(process.execPath, ['--input-type=module', '-e', STARTER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(starter.stdout, 'data');
  starter.kill('SIGKILL');
  // It comes when nobody has the output open any more.
  await once(starter, 'close');
});

it('a process that could not be started is no reason to fail', async () => {
  const child = spawn('there-is-no-such-program');
  const failed = once(child, 'error');
  endWithUs(child);
  expect(await failed).toMatchObject([{ code: 'ENOENT' }]);
});
