import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Waits for the end of its input, which comes however its parent ends, and then ends the process it
 * is given.
 */
const GUARD = 'cat > /dev/null; kill -9 "$1" 2> /dev/null';

/**
 * Sees to it that a process, as a server that a test has started, does not outlive this one: not
 * even when this one is killed, as vitest's workers are when a run is interrupted.
 */
export function endWithUs(child: ChildProcess): void {
  // A process that could not be started.
  if (child.pid === undefined) return;
  // Of its own group: Ctrl-C must not end it before it has done its work.
  const guard = spawn('sh', ['-c', GUARD, 'guard', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  child.once('exit', () => guard.kill('SIGKILL'));
}
