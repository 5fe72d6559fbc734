import { codeOf } from '../../adapters/folder/failures.ts';
import { PassedOver } from '../../adapters/folder/walkKeys.ts';

/** What of the person's folder is not read: set aside by its path, and the rest goes on. */
export interface SetAside {
  /** Takes one and says it, once for each reason. */
  readonly add: (path: string, error: unknown) => void;
  /**
   * What could not be read, though it should have been. What is not a file by its kind is none of
   * them.
   */
  readonly paths: () => readonly string[];
  readonly complaints: () => string[];
}

/** Links and the like may come by the thousand: so many are said one by one. */
const SAID_OF_A_REASON = 5;

export function newSetAside(say: (line: string) => void): SetAside {
  const unreadable = new Map<string, string>();
  const passedOver = new Map<string, Set<string>>();
  const passOver = (path: string, reason: string) => {
    const paths = passedOver.get(reason) ?? new Set<string>();
    passedOver.set(reason, paths);
    if (paths.has(path)) return;
    paths.add(path);
    if (paths.size <= SAID_OF_A_REASON) say(`not read    ${path}: ${reason}`);
    else if (paths.size === SAID_OF_A_REASON + 1) say(`not read    … and more: ${reason}`);
  };
  return {
    add: (path, error) => {
      if (error instanceof PassedOver) return passOver(path, error.message);
      const reason = reasonOf(error);
      if (unreadable.get(path) === reason) return;
      unreadable.set(path, reason);
      say(`set aside   ${path}: ${reason}`);
    },
    paths: () => [...unreadable.keys()],
    complaints: () => [...unreadable].map(([path, reason]) => `${path} is set aside: ${reason}`),
  };
}

const REASONS = new Map([
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EIO', 'the disk cannot read it'],
]);

function reasonOf(error: unknown): string {
  return REASONS.get(codeOf(error) ?? '') ?? (error instanceof Error ? error.message : String(error));
}
