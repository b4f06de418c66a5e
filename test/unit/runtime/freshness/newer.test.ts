/** What was cached of before is not sent to a client that asks for something newer, however long reading anew takes. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CacheDemands } from '../../../../src/transport/index.ts';
import { CachedWorld } from './cached-world.ts';

let world: CachedWorld;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'Date'] });
  world = new CachedWorld({ staleWhileRevalidateMs: 0, staleIfErrorMs: 60_000 });
});
afterEach(() => vi.useRealTimers());

/** The source has changed before the client has written something else. */
async function write(): Promise<{ readonly cacheDemands: CacheDemands }> {
  world.history.write('p1');
  vi.advanceTimersByTime(1);
  const read = await world.tokens.read(await world.tokens.issue());
  if (read === undefined) throw new Error('the token has no effect');
  return { cacheDemands: { writtenMsAgo: read.msAgo, writeId: read.id } };
}

async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

describe('a client that asks for something newer', () => {
  it('gets no stale answer of before its writing where reading anew takes long, and fails', async () => {
    await world.ask({ asked: ['p1'] });
    const context = await write();
    world.isDown = true;
    world.hold(true);
    const answer = world.ask({ asked: ['p1'], context });
    await settle();
    vi.advanceTimersByTime(4_000);
    world.release(0);
    await expect(answer).rejects.toThrow();
  });

  it('gets no answer with an entity of before its writing that was put together after it', async () => {
    await world.ask({ asked: ['p1'] });
    vi.advanceTimersByTime(2_000);
    world.hold(true);
    const together = world.ask({ asked: ['p1', 'p2'] });
    await settle();
    vi.advanceTimersByTime(100);
    world.hold(false);
    world.release(0);
    expect((await together).products[0]?.stock).toBe(0);
    const context = await write();
    expect((await world.ask({ asked: ['p1', 'p2'], context })).products[0]?.stock).toBe(1);
  });

  it('gets no such answer either where it wrote between the two', async () => {
    await world.ask({ asked: ['p1'] });
    vi.advanceTimersByTime(2_000);
    world.hold(true);
    const first = world.ask({ asked: ['p1'] });
    const context = await write();
    expect((await first).products[0]?.stock).toBe(0);
    vi.advanceTimersByTime(100);
    const together = world.ask({ asked: ['p1', 'p2'] });
    await settle();
    vi.advanceTimersByTime(4_000);
    world.hold(false);
    world.release(0);
    expect((await together).products[0]?.stock).toBe(0);
    expect((await world.ask({ asked: ['p1', 'p2'], context })).products[0]?.stock).toBe(1);
  });

  it('gets no answer older than its max-age that was put together from an older entity', async () => {
    await world.ask({ asked: ['p1'] });
    world.history.write('p1');
    vi.advanceTimersByTime(3_000);
    await world.ask({ asked: ['p1', 'p2'] });
    vi.advanceTimersByTime(500);
    const context = { cacheDemands: { maxAgeMs: 1_000 } };
    expect((await world.ask({ asked: ['p1', 'p2'], context })).products[0]?.stock).toBe(1);
  });
});
