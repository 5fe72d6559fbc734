import type { ItemKey } from './table.ts';

/** Writes what never changes once in the life of a process. */
export class WriteOnce {
  readonly #written = new Map<string, Promise<unknown>>();

  /**
   * Whoever asks while a write is under way waits for that one. A write that fails is done again by
   * the next who asks.
   */
  async write(key: ItemKey, write: () => Promise<unknown>): Promise<void> {
    const name = `${key.pk} ${key.sk}`;
    const writing = this.#written.get(name) ?? write();
    this.#written.set(name, writing);
    try {
      await writing;
    } catch (error) {
      this.#written.delete(name);
      throw error;
    }
  }
}
