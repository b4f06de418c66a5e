import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { createCounterMemory, endCounterHolder, SharedCounters } from '../../../src/counters/index.ts';
import { Journal } from '../../../src/counters/shared/journal.ts';
import { header, viewMemory } from '../../../src/counters/shared/memory.ts';
import type { CountingTask } from './counting-thread.ts';

const threads: Worker[] = [];

afterEach(async () => {
  await Promise.all(threads.splice(0).map((thread) => thread.terminate()));
});

function start(memory: SharedArrayBuffer, holder: number, task: CountingTask['task']): Worker {
  const thread = new Worker(new URL('./counting-thread.ts', import.meta.url), { workerData: { memory, holder, task } });
  threads.push(thread);
  return thread;
}

describe('shared counters', () => {
  it('have room for the rolling budgets of ten thousand users, and for what is held of them', () => {
    const counters = new SharedCounters({ memory: createCounterMemory(), holder: 1 });
    const day = { kind: 'sliding', ms: 86_400_000 } as const;
    for (let user = 0; user < 10_000; user++) {
      const [spent, held] = [`budget of user ${user}`, `held budget of user ${user}`];
      counters.add([{ key: held, amount: 1, leased: 1, max: 1, beside: { key: spent, window: day } }]);
      counters.add([
        { key: spent, amount: 1, window: day },
        { key: held, amount: -1, leased: -1 },
      ]);
    }
    expect(counters.amount('budget of user 0', day)).toBe(1);
    expect(counters.amount('budget of user 9999', day)).toBe(1);
  });

  it('spend a budget exactly with four threads', async () => {
    const memory = createCounterMemory();
    const spending = [1, 2, 3, 4].map((holder) => start(memory, holder, 'spend'));
    const spent = await Promise.all(spending.map(async (thread) => (await once(thread, 'message'))[0] as number));
    expect(spent.reduce((sum, amount) => sum + amount, 0)).toBe(20_000);
    const counters = new SharedCounters({ memory, holder: 5 });
    for (const key of ['key', 'tenant', 'everyone']) expect(counters.amount(key)).toBe(20_000);
  });

  it('are whole however often a thread is ended in the middle of a step', async () => {
    const memory = createCounterMemory();
    let holder = 0;
    const begin = async (): Promise<readonly [Worker, number]> => {
      const thread = start(memory, ++holder, 'shift');
      await once(thread, 'message');
      return [thread, holder];
    };
    const alive = [await begin(), await begin()];
    for (let round = 0; round < 10; round++) {
      const [thread, ofThread] = alive.shift() ?? (await begin());
      await thread.terminate();
      await endCounterHolder(memory, ofThread);
      alive.push(await begin());
    }
    for (const [thread, ofThread] of alive) {
      await thread.terminate();
      await endCounterHolder(memory, ofThread);
    }
    const counters = new SharedCounters({ memory, holder: 1_000 });
    let sum = counters.amount('to');
    for (let index = 0; index < 7; index++) sum += counters.amount(`from${index}`);
    for (let index = 0; index < 11; index++) sum += counters.amount(`to${index}`);
    expect(counters.amount('to')).toBeGreaterThan(0);
    expect(sum).toBe(0);
    expect(counters.amount('held')).toBe(0);
  }, 60_000);

  it('get back what a dead thread had leased, and wake who waits for it', async () => {
    const memory = createCounterMemory();
    const thread = start(memory, 1, 'lease');
    await once(thread, 'message');
    const counters = new SharedCounters({ memory, holder: 2 });
    const acquire = () => counters.add([{ key: 'calls', amount: 1, max: 3, leased: 1 }]);
    expect(acquire().kind).toBe('refused');
    const lowered = new Promise<void>((resolve) => {
      const stop = counters.onLowered('calls', () => {
        stop();
        resolve();
      });
    });
    await thread.terminate();
    await endCounterHolder(memory, 1);
    await lowered;
    expect(counters.amount('calls')).toBe(0);
    expect(acquire().kind).toBe('added');
  });

  it('give back a lease in the window it was taken in, and in no later one', async () => {
    const memory = createCounterMemory();
    let now = 1_000;
    const window = { kind: 'fixed', ms: 1_000 } as const;
    const dying = new SharedCounters({ memory, holder: 1, now: () => now });
    const living = new SharedCounters({ memory, holder: 2, now: () => now });
    dying.add([{ key: 'now', amount: 5, leased: 5, window }]);
    living.add([{ key: 'now', amount: 2, leased: 2, window }]);
    dying.add([{ key: 'past', amount: 5, leased: 5, window }]);
    dying.add([{ key: 'settled', amount: 5, leased: 5, window }]);
    dying.add([{ key: 'settled', amount: -1, leased: -5, window }]);
    await endCounterHolder(memory, 1);
    expect(living.amount('now', window)).toBe(2);
    expect(living.amount('settled', window)).toBe(4);
    const next = new SharedCounters({ memory, holder: 3, now: () => now });
    next.add([{ key: 'past', amount: 5, leased: 5, window }]);
    now += 1_000;
    living.add([{ key: 'past', amount: 7, window }]);
    await endCounterHolder(memory, 3);
    expect(living.amount('past', window)).toBe(7);
  });

  it('complete the step of a thread that died between its words', async () => {
    const memory = createCounterMemory();
    const views = viewMemory(memory);
    const counters = new SharedCounters({ memory, holder: 2 });
    counters.add([
      { key: 'a', amount: 10 },
      { key: 'b', amount: 20 },
    ]);
    // As the dead thread left it: the lock taken, the journal complete, one of two words written.
    Atomics.store(views.int32, header.lock, 1);
    const journal = new Journal(views);
    // The journal, which has the amounts too, is before the tables.
    const [wordA, wordB] = [views.float64.lastIndexOf(10), views.float64.lastIndexOf(20)];
    journal.put(wordA, 11);
    journal.put(wordB, 19);
    Atomics.store(views.int32, header.journalLength, 2);
    views.float64[wordA] = 11;
    await endCounterHolder(memory, 1);
    expect(counters.amount('a')).toBe(11);
    expect(counters.amount('b')).toBe(19);
  });

  it('do not wait for ever for a lock that nobody releases', () => {
    const memory = createCounterMemory();
    Atomics.store(viewMemory(memory).int32, header.lock, 9);
    const counters = new SharedCounters({ memory, holder: 1 });
    expect(() => counters.amount('a')).toThrow(expect.objectContaining({ code: 'OVERLOADED' }));
  });

  it('let a thread end that listens', async () => {
    const memory = createCounterMemory();
    const source = `
      import { workerData } from 'node:worker_threads';
      import { SharedCounters } from ${JSON.stringify(new URL('../../../src/counters/index.ts', import.meta.url).href)};
      const counters = new SharedCounters({ memory: workerData, holder: 1 });
      counters.onLowered('a', () => {})();
      counters.onLowered('a', () => {});
    `;
    const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData: memory });
    threads.push(thread);
    const [code] = await once(thread, 'exit');
    expect(code).toBe(0);
  });
});
