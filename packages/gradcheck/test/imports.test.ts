import { expect, test, vi } from 'vitest';

vi.mock('fast-check', () => {
  throw new Error('fast-check was loaded');
});

test('the checks load without fast-check, the arbitraries need it', async () => {
  const { gradcheck } = await import('../src/index.js');
  expect(typeof gradcheck).toBe('function');
  await expect(import('../src/arbitraries.js')).rejects.toThrow();
});
