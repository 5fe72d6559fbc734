import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { lockState, StateInUse } from '../../src/local/stateLock.ts';

const temporaryFolder = () => mkdtempDisposable(path.join(tmpdir(), 'lock-'));

it('a state belongs to whoever locked it first, until it is given back', async () => {
  await using folder = await temporaryFolder();
  const unlock = lockState(folder.path);
  expect(() => lockState(folder.path)).toThrow(StateInUse);
  expect(() => lockState(folder.path)).toThrow(folder.path);
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

it('a folder that is not there is no lock of another process', async () => {
  await using folder = await temporaryFolder();
  const lock = () => lockState(path.join(folder.path, 'nowhere'));
  expect(lock).toThrow();
  expect(lock).not.toThrow(StateInUse);
});
