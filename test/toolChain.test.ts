import { expect, it } from 'vitest';

it('scripts run on Node 24, whatever Node the machine has', () => {
  expect(process.version).toMatch(/^v24\./);
});
