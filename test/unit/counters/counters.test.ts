import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CounterChange, Counters } from '../../../src/counters/index.ts';
import { createCounterMemory, ProcessCounters, RedisCounters, SharedCounters } from '../../../src/counters/index.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../../testkit/servers/redis-server.ts';

let redis: RedisServer | undefined;
beforeAll(async () => {
  if (!withoutRedis) redis = await startRedisServer();
});
const remote: RedisCounters[] = [];
afterAll(async () => {
  for (const counters of remote) counters.close();
  await redis?.kill();
});

type TestedCounters = Pick<Counters, 'add' | 'amount'> & Partial<Counters>;

/** One contract for counters, wherever they are kept. */
const implementations: ReadonlyArray<
  readonly [string, (capacity: number, now: () => number) => TestedCounters | Promise<TestedCounters>]
> = [
  ['ProcessCounters', (capacity, now) => new ProcessCounters({ capacity, now })],
  [
    'SharedCounters',
    (capacity, now) => {
      const slots = 2 ** Math.ceil(Math.log2(capacity));
      return new SharedCounters({
        memory: createCounterMemory({ capacity: slots, slidingCapacity: 64 }),
        holder: 1,
        now,
      });
    },
  ],
  [
    'RedisCounters',
    async (_capacity, now) => {
      // Redis’s own clock has whole milliseconds.
      const wholeNow = () => Math.floor(now());
      const counters = new RedisCounters({
        url: redis?.url ?? '',
        prefix: `contract-${remote.length}:`,
        now: wholeNow,
      });
      remote.push(counters);
      await counters.connected(5_000);
      return counters;
    },
  ],
];

const minute = { kind: 'fixed', ms: 60_000 } as const;
const sliding = { kind: 'sliding', ms: 60_000 } as const;

describe.each(implementations)('%s', (name, open) => {
  // They tell nobody, and are bounded by their server.
  const isRemote = name === 'RedisCounters';
  if (isRemote && withoutRedis) return;
  /** Of counters in Redis this is no promise. */
  const itHere = (title: string, test: () => Promise<void>): void => void (isRemote || it(title, test));

  async function setUp(capacity = 1_000) {
    const clock = { ms: 1_000_000 };
    const counters = await open(capacity, () => clock.ms);
    const add = async (...changes: CounterChange[]) => await counters.add(changes);
    return { clock, counters, add };
  }

  it('counts from zero, up and down', async () => {
    const { counters, add } = await setUp();
    expect(await counters.amount('a')).toBe(0);
    await add({ key: 'a', amount: 3 });
    await add({ key: 'a', amount: -1 }, { key: 'b', amount: -4 });
    expect(await counters.amount('a')).toBe(2);
    expect(await counters.amount('b')).toBe(-4);
  });

  it('holds amounts of 2^53 - 1 exactly, and refuses to pass it', async () => {
    const { counters, add } = await setUp();
    await add({ key: 'a', amount: Number.MAX_SAFE_INTEGER - 1 });
    expect(await add({ key: 'a', amount: 1 })).toMatchObject({ kind: 'added' });
    expect(await counters.amount('a')).toBe(Number.MAX_SAFE_INTEGER);
    expect(await add({ key: 'a', amount: 1 })).toMatchObject({ kind: 'refused', index: 0, roomInMs: 0 });
  });

  it('changes all of the counters or none', async () => {
    const { counters, add } = await setUp();
    const budget = (amount: number) =>
      add(
        { key: 'key', amount, max: 100 },
        { key: 'tenant', amount, max: 50 },
        { key: 'everyone', amount, max: 1_000 },
      );
    expect(await budget(50)).toMatchObject({ kind: 'added' });
    expect(await budget(1)).toMatchObject({ kind: 'refused', index: 1 });
    expect(await counters.amount('key')).toBe(50);
    expect(await counters.amount('everyone')).toBe(50);
  });

  it('lets an amount come down whatever the bound', async () => {
    const { counters, add } = await setUp();
    await add({ key: 'a', amount: 10 });
    expect(await add({ key: 'a', amount: -1, max: 5 })).toMatchObject({ kind: 'added' });
    expect(await counters.amount('a')).toBe(9);
  });

  it('forgets a fixed window as a whole, `ms` after its first addition', async () => {
    const { clock, counters, add } = await setUp();
    await add({ key: 'a', amount: 5, window: minute, max: 5 });
    clock.ms += 59_999;
    expect(await add({ key: 'a', amount: 1, window: minute, max: 5 })).toMatchObject({
      kind: 'refused',
      index: 0,
      roomInMs: 1,
    });
    clock.ms += 1;
    expect(await counters.amount('a', minute)).toBe(0);
    await add({ key: 'a', amount: 1, window: minute, max: 5 });
    clock.ms += 59_999;
    expect(await counters.amount('a', minute)).toBe(1);
  });

  it('does not begin a window with a refused addition', async () => {
    const { clock, counters, add } = await setUp();
    await add({ key: 'a', amount: 9, window: minute, max: 5 });
    clock.ms += 30_000;
    await add({ key: 'a', amount: 5, window: minute, max: 5 });
    clock.ms += 59_000;
    expect(await counters.amount('a', minute)).toBe(5);
  });

  it('corrects a fixed window that still counts, and no later one', async () => {
    const { clock, counters, add } = await setUp();
    const first = await add({ key: 'a', amount: 100, window: minute });
    const atMs = first.kind === 'added' ? first.atMs : Number.NaN;
    clock.ms += 1_000;
    await add({ key: 'a', amount: -60, window: minute, atMs });
    expect(await counters.amount('a', minute)).toBe(40);
    clock.ms += 60_000;
    await add({ key: 'a', amount: -40, window: minute, atMs });
    expect(await counters.amount('a', minute)).toBe(0);
    await add({ key: 'a', amount: 7, window: minute });
    await add({ key: 'a', amount: -40, window: minute, atMs });
    expect(await counters.amount('a', minute)).toBe(7);
  });

  it('corrects what began a fixed window, at any fraction of a millisecond', async () => {
    const { clock, counters, add } = await setUp();
    const day = { kind: 'fixed', ms: 86_400_000 } as const;
    for (let index = 0; index < 50; index++) {
      clock.ms += 1.000_1 * Math.PI;
      const first = await add({ key: `a${index}`, amount: 100, window: day });
      await add({ key: `a${index}`, amount: -60, window: day, atMs: first.kind === 'added' ? first.atMs : Number.NaN });
      expect(await counters.amount(`a${index}`, day)).toBe(40);
    }
  });

  it('holds a sliding window’s limit in every period of its length', async () => {
    const { clock, add } = await setUp();
    const admittedAt: number[] = [];
    for (let step = 0; step < 600; step++) {
      clock.ms += 313;
      const outcome = await add({ key: 'a', amount: 1, window: sliding, max: 50 });
      if (outcome.kind === 'added') admittedAt.push(clock.ms);
    }
    for (const start of admittedAt) {
      expect(admittedAt.filter((at) => at >= start && at < start + 60_000).length).toBeLessThanOrEqual(50);
    }
    expect(admittedAt.length).toBeGreaterThanOrEqual(150);
  });

  it('reports when a sliding window has room again', async () => {
    const { clock, add } = await setUp();
    await add({ key: 'a', amount: 40, window: sliding, max: 50 });
    clock.ms += 10_000;
    await add({ key: 'a', amount: 10, window: sliding, max: 50 });
    const refused = await add({ key: 'a', amount: 40, window: sliding, max: 50 });
    if (refused.kind !== 'refused') throw new Error('there was no room');
    clock.ms += refused.roomInMs - 1;
    expect(await add({ key: 'a', amount: 40, window: sliding, max: 50 })).toMatchObject({ kind: 'refused' });
    clock.ms += 1;
    expect(await add({ key: 'a', amount: 40, window: sliding, max: 50 })).toMatchObject({ kind: 'added' });
  });

  it('corrects an amount in the step of a sliding window in which it was added', async () => {
    const { clock, counters, add } = await setUp();
    const first = await add({ key: 'a', amount: 100, window: sliding });
    const atMs = first.kind === 'added' ? first.atMs : Number.NaN;
    clock.ms += 30_000;
    await add({ key: 'a', amount: 1, window: sliding });
    await add({ key: 'a', amount: -70, window: sliding, atMs });
    expect(await counters.amount('a', sliding)).toBe(31);
    clock.ms += 31_000;
    expect(await counters.amount('a', sliding)).toBe(1);
    await add({ key: 'a', amount: -30, window: sliding, atMs });
    expect(await counters.amount('a', sliding)).toBe(1);
  });

  it('reports the longest wait and the first refusal of a step', async () => {
    const { add } = await setUp();
    await add({ key: 'calls', amount: 1 }, { key: 'tokens', amount: 10, window: minute });
    expect(
      await add({ key: 'calls', amount: 1, max: 1 }, { key: 'tokens', amount: 1, window: minute, max: 10 }),
    ).toMatchObject({ kind: 'refused', index: 0, roomInMs: 60_000 });
  });

  itHere('calls who waits for a counter when it is lowered, until they stop', async () => {
    const { counters, add } = await setUp();
    let calls = 0;
    let called = (): void => {};
    const stop = counters.onLowered?.('a', () => {
      calls++;
      called();
    });
    await add({ key: 'a', amount: 2 });
    expect(calls).toBe(0);
    const lowered = new Promise<void>((resolve) => {
      called = resolve;
    });
    await add({ key: 'a', amount: -1 });
    await lowered;
    stop?.();
    const before = calls;
    await add({ key: 'a', amount: -1 });
    expect(calls).toBe(before);
  });

  it('keeps keys apart that are long, empty, or of any characters', async () => {
    const { counters, add } = await setUp();
    const long = 'x'.repeat(5_000);
    const keys = ['', '\0', 'ключ', '鍵', '🔑', '\ud800', `${long}a`, `${long}b`, `a${long}`, '__proto__'];
    for (const [index, key] of keys.entries()) await add({ key, amount: index + 1 });
    for (const [index, key] of keys.entries()) expect(await counters.amount(key)).toBe(index + 1);
  });

  itHere('refuses further counters when all are in use, and takes the places of those that count nothing', async () => {
    const { clock, counters, add } = await setUp(64);
    let added = 0;
    const fill = async (): Promise<void> => {
      for (; added < 1_000; added++) await add({ key: `k${added}`, amount: 1, window: minute });
    };
    await expect(fill()).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(added).toBeGreaterThanOrEqual(48);
    expect(added).toBeLessThanOrEqual(64);
    expect(await add({ key: 'k0', amount: 1, window: minute })).toMatchObject({ kind: 'added' });
    clock.ms += 60_000;
    for (let index = 0; index < 32; index++) await add({ key: `n${index}`, amount: 1, window: minute });
    expect(await counters.amount('n0', minute)).toBe(1);
    expect(await counters.amount('k0', minute)).toBe(0);
  });

  it('refuses amounts that are no safe integers, and a key twice in a step', async () => {
    const { counters } = await setUp();
    const attempt = async (...changes: CounterChange[]) => await counters.add(changes);
    await expect(attempt({ key: 'a', amount: 0.5 })).rejects.toThrow('safe integer');
    await expect(attempt({ key: 'a', amount: Number.NaN })).rejects.toThrow('safe integer');
    await expect(attempt({ key: 'a', amount: 1 }, { key: 'a', amount: 1 })).rejects.toThrow('once');
    await expect(attempt({ key: 'a', amount: 1, leased: 1, window: sliding })).rejects.toThrow('leased');
  });

  it('counts what is leased like anything else, until its holder dies', async () => {
    const { counters, add } = await setUp();
    await add({ key: 'held', amount: 5, leased: 5 }, { key: 'spent', amount: 1, window: sliding });
    await add({ key: 'held', amount: -2, leased: -2 }, { key: 'spent', amount: 2, window: sliding });
    expect(await counters.amount('held')).toBe(3);
    expect(await counters.amount('spent', sliding)).toBe(3);
    expect(await add({ key: 'held', amount: 8, leased: 8, max: 10 })).toMatchObject({ kind: 'refused', index: 0 });
    await add({ key: 'held', amount: -3, leased: -3 });
    expect(await counters.amount('held')).toBe(0);
  });

  it('bounds a counter together with the one beside it, as it was before the step', async () => {
    const { clock, counters, add } = await setUp();
    const held = (amount: number) => ({ key: 'held', amount, max: 10, beside: { key: 'spent', window: sliding } });
    const spent = (amount: number, max?: number) => ({
      key: 'spent',
      amount,
      window: sliding,
      ...(max === undefined ? {} : { max, beside: { key: 'held' } }),
    });
    expect(await add(held(6))).toMatchObject({ kind: 'added' });
    expect(await add(spent(5, 10))).toMatchObject({ kind: 'refused', index: 0, roomInMs: expect.any(Number) });
    expect(await add(spent(4, 10))).toMatchObject({ kind: 'added' });
    // Both are full: moving an amount from one to the other needs no room.
    expect(await add({ key: 'held', amount: -2 }, spent(2))).toMatchObject({ kind: 'added' });
    const refused = await add(held(1));
    expect(refused).toMatchObject({ kind: 'refused', index: 0 });
    // The window of the other makes room.
    clock.ms += refused.kind === 'refused' ? Math.ceil(refused.roomInMs) : 0;
    expect(await add(held(1))).toMatchObject({ kind: 'added' });
    expect(await counters.amount('held')).toBe(5);
  });

  it('agrees with a plain model in 3,000 random steps', async () => {
    const { counters, add } = await setUp();
    const model = new Map<string, number>();
    let state = 7;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
    for (let step = 0; step < 3_000; step++) {
      const first = random(20);
      const changes = Array.from({ length: 1 + random(4) }, (_, index) => ({
        key: `k${(first + index) % 20}`,
        amount: random(21) - 8,
        max: 60 + random(40),
        ...(random(3) === 0 ? { beside: { key: `k${random(20)}` } } : {}),
      }));
      const amount = (key: string): number => model.get(key) ?? 0;
      const fits = changes.every(
        ({ key, amount: added, max, beside }) =>
          added <= 0 || amount(key) + (beside === undefined ? 0 : amount(beside.key)) + added <= max,
      );
      expect((await add(...changes)).kind).toBe(fits ? 'added' : 'refused');
      if (fits) for (const change of changes) model.set(change.key, amount(change.key) + change.amount);
    }
    for (const [key, amount] of model) expect(await counters.amount(key)).toBe(amount);
  });
});
