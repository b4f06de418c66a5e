import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { type BucketRate, createBucketMemory, endBucketHolder, TokenBuckets } from '../../../src/counters/index.ts';

/** Ten tokens, one more every 100 ms. */
const rate: BucketRate = { tokensPerMs: 0.01, burst: 10, delayMs: 0 };

function setUp(capacity = 64) {
  const clock = { ms: 1_000_000 };
  const memory = createBucketMemory({ capacity });
  const buckets = new TokenBuckets({ memory, holder: 1, now: () => clock.ms });
  const take = (name: string, tokens = 1, of: BucketRate = rate) => buckets.take([{ name, tokens, rate: of }]);
  const drain = (name: string, of: BucketRate = rate): number => {
    for (let taken = 0; ; taken++) if (take(name, 1, of).kind === 'refused') return taken;
  };
  return { clock, memory, buckets, take, drain };
}

describe('token buckets', () => {
  it('hold a burst, and are filled evenly', () => {
    const { clock, take, drain } = setUp();
    expect(drain('a')).toBe(10);
    expect(take('a')).toMatchObject({ kind: 'refused', index: 0, retryInMs: 100 });
    clock.ms += 99;
    expect(take('a')).toMatchObject({ kind: 'refused', retryInMs: 1 });
    clock.ms += 1;
    expect(take('a').kind).toBe('taken');
    clock.ms += 250;
    expect(drain('a')).toBe(2);
    clock.ms += 1_000_000;
    expect(drain('a')).toBe(10);
  });

  it.each([
    [7, 3],
    [1_000, 100_000],
    [86_400_000, 1_000],
    [1_000, 7],
  ])('let exactly a burst pass at once, of %i ms for %i tokens', (everyMs, burst) => {
    const { clock, drain } = setUp();
    clock.ms = 1_234_567_890.123;
    expect(drain('a', { tokensPerMs: burst / everyMs, burst, delayMs: 0 })).toBe(burst);
  });

  it('say what is left, and when they are full', () => {
    const { take } = setUp();
    expect(take('a', 4)).toEqual({ kind: 'taken', waitMs: 0, states: [{ remaining: 6, fullInMs: 400 }] });
    expect(take('a', 7)).toMatchObject({ kind: 'refused', retryInMs: 100, states: [{ remaining: 6, fullInMs: 400 }] });
  });

  it('that are full let more through than they hold, and lack all of it then', () => {
    const { clock, take } = setUp();
    expect(take('a', 25)).toEqual({ kind: 'taken', waitMs: 0, states: [{ remaining: 0, fullInMs: 2_500 }] });
    expect(take('a')).toMatchObject({ kind: 'refused', retryInMs: 1_600 });
    clock.ms += 1_600;
    expect(take('a').kind).toBe('taken');
    expect(take('a', 25).kind).toBe('refused');
  });

  it('are taken from all or none', () => {
    const { buckets, take } = setUp();
    expect(take('a', 10).kind).toBe('taken');
    const both = [
      { name: 'b', tokens: 1, rate },
      { name: 'a', tokens: 1, rate },
    ];
    expect(buckets.take(both)).toMatchObject({ kind: 'refused', index: 1 });
    expect(take('b', 10).kind).toBe('taken');
  });

  it('make who comes too early wait, in turn, up to the delay', () => {
    const { clock, take } = setUp();
    const patient = { ...rate, delayMs: 250 };
    expect(take('a', 10, patient)).toMatchObject({ kind: 'taken', waitMs: 0 });
    const waits = [1, 2].map(() => take('a', 1, patient)).map((outcome) => outcome.kind === 'taken' && outcome.waitMs);
    expect(waits).toEqual([100, 200]);
    expect(take('a', 1, patient)).toMatchObject({ kind: 'refused', retryInMs: 50 });
    clock.ms += 50;
    expect(take('a', 1, patient)).toMatchObject({ kind: 'taken', waitMs: 250 });
  });

  it('take back what was not used', () => {
    const { buckets, take, drain } = setUp();
    take('a', 10);
    buckets.putBack([{ name: 'a', tokens: 4, rate }]);
    buckets.putBack([{ name: 'unknown', tokens: 4, rate }]);
    expect(drain('a')).toBe(4);
    expect(drain('unknown')).toBe(10);
  });

  it('take no memory for names that come once, and keep the one that is used up', () => {
    const { take, drain, clock } = setUp(1_024);
    expect(drain('attacker')).toBe(10);
    for (let name = 0; name < 50_000; name++) expect(take(`name ${name}`).kind).toBe('taken');
    expect(take('attacker').kind).toBe('refused');
    clock.ms += 100;
    expect(drain('attacker')).toBe(1);
  });

  it('keep a slow bucket however many are used of a fast one', () => {
    const { take, drain } = setUp();
    const daily = { tokensPerMs: 3 / 86_400_000, burst: 3, delayMs: 0 };
    expect(drain('daily', daily)).toBe(3);
    for (let name = 0; name < 10_000; name++) take(`name ${name}`, 9);
    expect(take('daily', 1, daily).kind).toBe('refused');
  });

  it('are exact over threads, and of a thread that ends', async () => {
    const memory = createBucketMemory({ capacity: 64 });
    const module = JSON.stringify(new URL('../../../src/counters/index.ts', import.meta.url).href);
    const code = `import { workerData, parentPort } from 'node:worker_threads';
      const { TokenBuckets } = await import(${module});
      const buckets = new TokenBuckets({ ...workerData, now: () => 1000 });
      const rate = { tokensPerMs: 1e-6, burst: 5000, delayMs: 0 };
      let taken = 0;
      for (let turn = 0; turn < 4000; turn++) if (buckets.take([{ name: 'a', tokens: 1, rate }]).kind === 'taken') taken++;
      parentPort.postMessage(taken);`;
    const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
    const counts = await Promise.all(
      [1, 2].map(
        (holder) =>
          new Promise<number>((resolve, reject) => {
            new Worker(url, { workerData: { memory, holder } }).on('message', resolve).on('error', reject);
          }),
      ),
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5_000);
  });

  it('go on after a thread that died while it changed them', () => {
    const { memory, take } = setUp();
    new Int32Array(memory)[4] = 9; // the lock
    endBucketHolder(memory, 8);
    expect(new Int32Array(memory)[4]).toBe(9);
    endBucketHolder(memory, 9);
    expect(take('a').kind).toBe('taken');
  });
});
