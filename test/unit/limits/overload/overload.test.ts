import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../../../src/errors/index.ts';
import { Overload } from '../../../../src/limits/index.ts';
import { createLogger } from '../../../../src/observability/index.ts';

type Priority = Parameters<Overload['run']>[0];

const lines: string[] = [];
const destination = { write: (line: string) => lines.push(line) } as never;
const log = createLogger({ level: 'debug', readable: false, destination });

/** A place is free again in the turn after the one in which its operation ended. */
async function placesFree(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }));
afterEach(() => vi.useRealTimers());

function setUp(options: { readonly maxConcurrency?: number; readonly queue?: number } = {}) {
  const loop = { lateMs: 0 };
  const config = { maxConcurrency: 2, loopDelayMs: 25, queue: 10, queueWaitMs: 50, ...options };
  const overload = new Overload({ config, log, latenessMs: () => loop.lateMs });
  const ends: (() => void)[] = [];
  const began: string[] = [];
  /** Runs until `ends` has been called for it. */
  function run(name: string, priority: Priority = 'interactive', signal = new AbortController().signal) {
    const work = () => {
      began.push(name);
      return new Promise<string>((resolve) => ends.push(() => resolve(name)));
    };
    return overload.run(priority, signal, work).catch((error: unknown) => (error as GatewayError).code);
  }
  const endFirst = async (): Promise<void> => {
    ends.shift()?.();
    await placesFree();
  };
  return { overload, loop, run, began, ends, endFirst };
}

describe('a thread with a limit of what runs at once', () => {
  it('runs so many, and the next as one ends', async () => {
    const { run, began, endFirst } = setUp();
    for (const name of ['a', 'b', 'c', 'd']) void run(name);
    expect(began).toEqual(['a', 'b']);
    await endFirst();
    expect(began).toEqual(['a', 'b', 'c']);
  });

  it('runs no more in one turn of its loop, though they end in it', async () => {
    const { overload, began } = setUp();
    const run = (name: string) =>
      overload.run('interactive', new AbortController().signal, async () => began.push(name));
    const all = Promise.all(['a', 'b', 'c', 'd', 'e'].map(run));
    for (let microtask = 0; microtask < 50; microtask++) await undefined;
    expect(began).toEqual(['a', 'b']);
    await all;
    expect(began).toEqual(['a', 'b', 'c', 'd', 'e']);
    await placesFree();
    expect(overload.running).toBe(0);
  });

  it('refuses what has waited too long, and who has waited longest where no more can wait', async () => {
    const { run, began } = setUp({ queue: 1 });
    for (const name of ['a', 'b']) void run(name);
    const oldest = run('c');
    const newest = run('d');
    expect(await oldest).toBe('OVERLOADED');
    await vi.advanceTimersByTimeAsync(50);
    expect(await newest).toBe('OVERLOADED');
    expect(began).toEqual(['a', 'b']);
  });

  it('is in order for a burst, and takes the newest first while some are refused', async () => {
    const { run, began, endFirst } = setUp({ maxConcurrency: 1, queue: 3 });
    for (const name of ['a', 'b']) void run(name);
    const oldest = run('c');
    await endFirst();
    expect(began).toEqual(['a', 'b']);
    for (const name of ['d', 'e', 'f']) void run(name);
    expect(await oldest).toBe('OVERLOADED');
    for (let turn = 0; turn < 3; turn++) await endFirst();
    expect(began).toEqual(['a', 'b', 'f', 'e', 'd']);
  });

  it('is in order again once nobody waits', async () => {
    const { run, began, endFirst } = setUp({ maxConcurrency: 1, queue: 2 });
    for (const name of ['a', 'b', 'c', 'd']) void run(name);
    for (let turn = 0; turn < 3; turn++) await endFirst();
    expect(began).toEqual(['a', 'd', 'c']);
    for (const name of ['e', 'f', 'g']) void run(name);
    for (let turn = 0; turn < 3; turn++) await endFirst();
    expect(began).toEqual(['a', 'd', 'c', 'e', 'f', 'g']);
  });

  it('gives no turn to a client that has left', async () => {
    const { run, began, endFirst } = setUp();
    for (const name of ['a', 'b']) void run(name);
    const controller = new AbortController();
    const left = run('c', 'interactive', controller.signal);
    void run('d');
    controller.abort(new GatewayError('CLIENT_CLOSED_REQUEST'));
    expect(await left).toBe('CLIENT_CLOSED_REQUEST');
    await endFirst();
    expect(began).toEqual(['a', 'b', 'd']);
  });

  it('gives the place of what failed to the next', async () => {
    const { overload, run, began } = setUp({ maxConcurrency: 1 });
    const failed = overload.run('interactive', new AbortController().signal, () => Promise.reject(new Error('no')));
    void run('b');
    await expect(failed).rejects.toThrow('no');
    await placesFree();
    expect(began).toEqual(['b']);
  });

  it('gives four turns of five to interactive requests, and one to batches', async () => {
    const { run, began, endFirst } = setUp({ maxConcurrency: 1, queue: 100 });
    void run('first');
    for (let index = 0; index < 10; index++) void run('batch', 'batch');
    for (let index = 0; index < 10; index++) void run('interactive');
    for (let turn = 0; turn < 10; turn++) await endFirst();
    expect(began.slice(1).filter((name) => name === 'batch')).toHaveLength(2);
    for (let turn = 0; turn < 10; turn++) await endFirst();
    expect(began).toHaveLength(21);
  });

  it('lets a batch go for an interactive request that finds the queue full', async () => {
    const { run, began, endFirst } = setUp({ maxConcurrency: 1, queue: 2 });
    void run('first');
    const oldest = run('old', 'batch');
    void run('new', 'batch');
    void run('interactive');
    expect(await oldest).toBe('OVERLOADED');
    await endFirst();
    await endFirst();
    expect(began).toEqual(['first', 'interactive', 'new']);
  });

  it('lets no interactive request go for a batch', async () => {
    const { run, began, endFirst } = setUp({ maxConcurrency: 1, queue: 1 });
    void run('first');
    void run('interactive');
    expect(await run('batch', 'batch')).toBe('OVERLOADED');
    await endFirst();
    expect(began).toEqual(['first', 'interactive']);
  });
});

describe('the limit', () => {
  const fill = ({ run, overload }: ReturnType<typeof setUp>): void => {
    for (let index = overload.limit; index > 0; index--) void run('x');
  };

  it('grows while all of it is used and the event loop is on time, to the most', async () => {
    const set = setUp({ maxConcurrency: 130, queue: 1_000 });
    fill(set);
    await vi.advanceTimersByTimeAsync(100);
    expect(set.overload.limit).toBe(110);
    for (let period = 0; period < 3; period++) {
      for (let index = 0; index < 100; index++) void set.run('more');
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(set.overload.limit).toBe(130);
  });

  it('does not grow where it is not used', async () => {
    const { overload } = setUp({ maxConcurrency: 1_000 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(overload.limit).toBe(100);
  });

  it('falls by a fifth of what runs in each period in which the event loop is late, and recovers', async () => {
    const set = setUp({ maxConcurrency: 1_000 });
    for (let index = 0; index < 50; index++) void set.run('x');
    set.loop.lateMs = 26;
    await vi.advanceTimersByTimeAsync(100);
    expect(set.overload.limit).toBe(40);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(set.overload.limit).toBe(4);
    set.loop.lateMs = 0;
    await vi.advanceTimersByTimeAsync(300);
    expect(set.overload.limit).toBeGreaterThan(4);
  });

  it('that refuses is told in the log, not for each refusal', async () => {
    lines.length = 0;
    const { run } = setUp({ maxConcurrency: 1, queue: 0 });
    for (let index = 0; index < 100; index++) void run('x');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"refused":99');
  });
});
