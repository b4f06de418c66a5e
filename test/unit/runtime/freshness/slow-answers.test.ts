/** An answer is as old as its request, however long it was under way (RFC 9111, section 4.2.3). */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CachedWorld } from './cached-world.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => vi.useRealTimers());

/** The source changes while its answer, which is good for 10 s, is under way for 6 s. */
async function slowAnswer<Answer>(world: CachedWorld, ask: () => Promise<Answer>): Promise<Answer> {
  world.hold(true);
  const answer = ask();
  await new Promise(setImmediate);
  world.history.write('p1');
  vi.advanceTimersByTime(6_000);
  world.hold(false);
  world.release(0);
  return answer;
}

const lifetimes = { staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };

it('a whole answer that was long under way is used for what is left of its time, and says so', async () => {
  const world = new CachedWorld(lifetimes);
  const asked = { asked: ['p1'] } as const;
  expect((await slowAnswer(world, () => world.ask(asked))).freshSeconds).toBe(4);
  vi.advanceTimersByTime(2_000);
  expect(await world.ask(asked)).toMatchObject({ products: [{ stock: 0 }], freshSeconds: 2 });
  vi.advanceTimersByTime(2_001);
  expect((await world.ask(asked)).products[0]?.stock).toBe(1);
});

it('so is an entity', async () => {
  const world = new CachedWorld(lifetimes);
  await slowAnswer(world, () => world.entities(['p1']));
  vi.advanceTimersByTime(2_000);
  await world.entities(['p1']);
  expect(world.requests).toBe(1);
  vi.advanceTimersByTime(2_001);
  await world.entities(['p1']);
  expect(world.requests).toBe(2);
});

it('what took longer than it may be used is not cached', async () => {
  const world = new CachedWorld(lifetimes);
  world.hold(true);
  const answer = world.entities(['p1']);
  await new Promise(setImmediate);
  vi.advanceTimersByTime(10_000);
  world.hold(false);
  world.release(0);
  await answer;
  await world.entities(['p1']);
  expect(world.requests).toBe(2);
});
