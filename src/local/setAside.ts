import { codeOf } from './fileFailure.ts';

/** Files and folders of the person's that cannot be read: set aside by their path, and the rest goes on. */
export interface SetAside {
  /** Takes one; said once, however often it is met for the same reason. */
  readonly add: (path: string, error: unknown) => void;
  readonly complaints: () => string[];
}

export function newSetAside(say: (line: string) => void): SetAside {
  const reasons = new Map<string, string>();
  return {
    add: (path, error) => {
      const reason = reasonOf(error);
      if (reasons.get(path) === reason) return;
      reasons.set(path, reason);
      say(`set aside   ${path}: ${reason}`);
    },
    complaints: () => [...reasons].map(([path, reason]) => `${path} is set aside: ${reason}`),
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
