import { expect, it } from 'vitest';
import { Leases } from '../../../src/cache/memory/leases.ts';

const turns = (count: number) => Promise.all(Array.from({ length: count }, () => new Promise(setImmediate)));

it('a holder keeps what it holds while this thread is busy, and loses it when its time is over', async () => {
  const leases = new Leases();
  const [holder] = [leases.claim('k', 100)];
  expect(holder.kind).toBe('holder');
  const until = performance.now() + 300;
  while (performance.now() < until);
  // Those who ask at once, and those who ask when the timers have been looked at.
  expect(leases.claim('k', 100).kind).toBe('waiter');
  await turns(3);
  const late = leases.claim('k', 100);
  expect(late.kind).toBe('waiter');
  if (late.kind === 'waiter') await late.ended();
  const next = leases.claim('k', 100);
  expect(next.kind).toBe('holder');
  // The first releases nothing of the next.
  if (holder.kind === 'holder') holder.release();
  expect(leases.claim('k', 100).kind).toBe('waiter');
  if (next.kind === 'holder') next.release();
  await leases.ended('k');
});
