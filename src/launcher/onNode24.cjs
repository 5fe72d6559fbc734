'use strict';
const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const { constants } = require('node:os');
const { join } = require('node:path');

const PROJECT = join(__dirname, '../..');

/**
 * `node src/launcher/onNode24.cjs SCRIPT [ARGUMENTS…]` runs a script on Node 24, whichever Node
 * starts it: on the one that runs, else on the one that `npm ci` has brought along. What is first
 * on the PATH is not trusted: npm 10 leaves out the link `node_modules/.bin/node`, as two optional
 * packages offer it. Plain JavaScript, so that Node 18 reads it, too.
 */
const MAJOR = 24;
/**
 * What a program for glibc is loaded by. Without it (Alpine, say) the system answers "not found"
 * for the program.
 */
const LOADERS = { x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' };
/**
 * What ends a program from outside. Ctrl-C reaches a whole group of processes: then the script has
 * it twice.
 */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

const runningMajor = Number.parseInt(process.versions.node, 10);

/**
 * The path of a Node 24 or later. Throws an Error whose message is one sentence: what is missing,
 * and what to do.
 */
function findNode24() {
  if (runningMajor === MAJOR) return process.execPath;
  const bundled = bundledNode();
  if (bundled.path) return bundled.path;
  if (runningMajor > MAJOR) return process.execPath;
  const { version, platform, arch } = process;
  throw new Error(
    `cur-reactor needs Node ${MAJOR}: this is Node ${version} on ${platform} ${arch}, and ${bundled.why}`,
  );
}

/** Where the Node is that `npm ci` has brought along, else why there is none. */
function bundledNode() {
  const { platform, arch } = process;
  const loader = platform === 'linux' ? LOADERS[arch] : undefined;
  if (!loader || !existsSync(loader)) {
    return { why: `npm ci brings Node ${MAJOR} along only for Linux with glibc on x64 and arm64; install it` };
  }
  const name = `node_modules/node-linux-${arch}`;
  const path = join(PROJECT, name, 'bin', 'node');
  return existsSync(path) ? { path } : { why: `${name} is missing; run npm ci, without --omit=optional` };
}

/**
 * Hands this process over: the program takes its place, where Node can do that (22.15 or later, not
 * on Windows), else runs below it. Then it gets the same signals, and this process ends as it does.
 */
function handOver(node, args) {
  if (process.execve && process.platform !== 'win32') process.execve(node, [node, ...args], process.env);
  const child = spawn(node, args, { stdio: 'inherit' });
  const forward = (signal) => void child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, forward);
  child.on('error', (error) => fail(`${node} cannot be started: ${error.message}`));
  child.on('exit', (status, signal) => {
    if (signal === null) process.exit(status);
    for (const name of SIGNALS) process.removeAllListeners(name);
    process.exitCode = 128 + constants.signals[signal];
    process.kill(process.pid, signal);
  });
}

let isHandedOver = false;

/**
 * For a file that somebody else's program loads (sls): resolves at once on Node 24 or later; else
 * restarts the program on Node 24, once, with the same arguments, and never resolves. Without a
 * Node 24 it says so and exits with 1.
 */
module.exports = async function onNode24() {
  if (runningMajor >= MAJOR) return;
  if (!isHandedOver) {
    isHandedOver = true;
    begin(process.argv.slice(1));
  }
  await new Promise(() => {});
};

function begin(args) {
  try {
    handOver(findNode24(), args);
  } catch (error) {
    fail(error.message);
  }
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

if (require.main === module) {
  if (existsSync(join(PROJECT, 'node_modules'))) begin(process.argv.slice(2));
  else fail('node_modules is missing: run npm ci');
}
