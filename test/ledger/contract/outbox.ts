import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import type { Message } from '../../../src/ledger/message.ts';
import { START } from '../records.ts';

const messageOf = (id: string, createdAt = START): Message => ({
  id,
  routingKey: 'cur.111122223333.2026-10.finalized',
  body: { version: 1, rows: 12, findings: [{ check: 'idle', count: 2 }] },
  createdAt,
});

export function describeOutboxRules(subject: () => Ledger): void {
  describe('the outbox', () => {
    it('is empty at first', async () => {
      expect(await subject().outbox()).toEqual([]);
    });

    it('holds messages as they were put, the oldest first', async () => {
      const [first, second, third] = [messageOf('c', START), messageOf('a', START + 1), messageOf('b', START + 2)];
      await subject().putIntoOutbox([third, first]);
      await subject().putIntoOutbox([second]);
      expect(await subject().outbox()).toEqual([first, second, third]);
    });

    it('keeps a message that is there already as it is', async () => {
      await subject().putIntoOutbox([messageOf('a')]);
      await subject().putIntoOutbox([{ ...messageOf('a', START + 5), body: { version: 2 } }, messageOf('b')]);
      expect(await subject().outbox()).toEqual([messageOf('a'), messageOf('b')]);
    });

    it('loses exactly those that are taken out; one that is not there is no failure', async () => {
      await subject().putIntoOutbox([messageOf('a'), messageOf('b'), messageOf('c')]);
      await subject().takeFromOutbox(['c', 'nobody', 'a']);
      expect(await subject().outbox()).toEqual([messageOf('b')]);
      await subject().takeFromOutbox(['c']);
      await subject().putIntoOutbox([messageOf('c')]);
      expect(await subject().outbox()).toEqual([messageOf('b'), messageOf('c')]);
    });

    it('holds many', async () => {
      const many = Array.from({ length: 250 }, (_, index) => messageOf(`id-${index}`, START + index));
      await subject().putIntoOutbox(many);
      expect(await subject().outbox()).toEqual(many);
    });
  });
}
