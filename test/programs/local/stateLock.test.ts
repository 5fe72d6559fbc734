import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { isStateHeld, lockState, StateInUse } from '../../../src/programs/local/stateLock.ts';

const temporaryFolder = () => mkdtempDisposable(path.join(tmpdir(), 'lock-'));

it('a state belongs to whoever locked it first, until it is given back', async () => {
  await using folder = await temporaryFolder();
  const unlock = lockState(folder.path);
  expect(() => lockState(folder.path)).toThrow(StateInUse);
  expect(() => lockState(folder.path)).toThrow(folder.path);
  expect(() => lockState(folder.path)).toThrow(
    new RegExp(`is in use by process ${process.pid} since 20..-..-..T..:..:..Z: `),
  );
  unlock();
  const again = lockState(folder.path);
  again();
});

it('states do not lock each other', async () => {
  await using folder = await temporaryFolder();
  await using other = await temporaryFolder();
  const unlock = [lockState(folder.path), lockState(other.path)];
  for (const each of unlock) each();
});

it('says whether somebody has a state, and takes nothing by asking', async () => {
  await using folder = await temporaryFolder();
  expect(isStateHeld(folder.path)).toBe(false);
  expect(isStateHeld(path.join(folder.path, 'nowhere'))).toBe(false);
  const unlock = lockState(folder.path);
  expect(isStateHeld(folder.path)).toBe(true);
  unlock();
  expect(isStateHeld(folder.path)).toBe(false);
});

it.each(['', 'null', '{"pid": "x"}'])('another process is one without a name when its note says %j', async (note) => {
  await using folder = await temporaryFolder();
  const unlock = lockState(folder.path);
  await writeFile(path.join(folder.path, 'holder.json'), note);
  expect(() => lockState(folder.path)).toThrow(/is in use by another process: /);
  unlock();
});

it('a folder that is not there is no lock of another process', async () => {
  await using folder = await temporaryFolder();
  const lock = () => lockState(path.join(folder.path, 'nowhere'));
  expect(lock).toThrow();
  expect(lock).not.toThrow(StateInUse);
});
