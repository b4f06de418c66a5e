/** Counters in Redis, against a real server: the promises of every counter, and what only several gateways need. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProcessCounters, RedisCounters, type RemoteChange } from '../../../src/counters/index.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../../testkit/servers/redis-server.ts';

const minute = { kind: 'fixed', ms: 60_000 } as const;
const sliding = { kind: 'sliding', ms: 60_000 } as const;

describe.skipIf(withoutRedis)('counters in Redis', () => {
  let server: RedisServer;
  let last = 0;
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(() => server.kill());

  async function setUp() {
    const clock = { ms: 1_000_000_000 };
    const prefix = `test-${++last}:`;
    const counters = new RedisCounters({ url: server.url, prefix, now: () => clock.ms });
    await counters.connected(5_000);
    return {
      clock,
      counters,
      add: (...changes: RemoteChange[]) => counters.add(changes),
      close: () => counters.close(),
    };
  }

  it('change all or none, and say what they have come to', async () => {
    const { counters, add, close } = await setUp();
    expect(await add({ key: 'a', amount: 50, max: 100 }, { key: 'b', amount: 50, max: 50 })).toMatchObject({
      kind: 'added',
      amounts: [50, 50],
    });
    expect(await add({ key: 'a', amount: 1, max: 100 }, { key: 'b', amount: 1, max: 50 })).toEqual({
      kind: 'refused',
      index: 1,
      roomInMs: 0,
      amount: 50,
    });
    expect(await counters.amount('a')).toBe(50);
    const most = Number.MAX_SAFE_INTEGER;
    await add({ key: 'large', amount: most - 1 });
    expect(await add({ key: 'large', amount: 1, max: most })).toMatchObject({ amounts: [most] });
    close();
  });

  it('forget a fixed window as a whole, and correct it while it counts', async () => {
    const { clock, counters, add, close } = await setUp();
    const first = await add({ key: 'a', amount: 100, window: minute, max: 100 });
    const atMs = first.kind === 'added' ? first.atMs : Number.NaN;
    clock.ms += 59_999;
    expect(await add({ key: 'a', amount: 1, window: minute, max: 100 })).toMatchObject({ roomInMs: 1 });
    await add({ key: 'a', amount: -60, window: minute, atMs });
    expect(await counters.amount('a', minute)).toBe(40);
    clock.ms += 1;
    expect(await counters.amount('a', minute)).toBe(0);
    await add({ key: 'a', amount: 7, window: minute });
    await add({ key: 'a', amount: -40, window: minute, atMs });
    expect(await counters.amount('a', minute)).toBe(7);
    close();
  });

  it('agree with counters of a process in 2,000 random steps of sliding windows', async () => {
    const { clock, add, close } = await setUp();
    const local = new ProcessCounters({ now: () => clock.ms });
    let state = 7;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
    const made: { readonly key: string; readonly amount: number; readonly atMs: number }[] = [];
    for (let step = 0; step < 2_000; step++) {
      clock.ms += random(20) === 0 ? random(150_000) : random(700);
      const key = `k${random(3)}`;
      const past = random(4) === 0 ? made[random(made.length)] : undefined;
      const change =
        past === undefined
          ? { key, amount: 1 + random(9), window: sliding, max: 120 }
          : { key: past.key, amount: -Math.ceil(past.amount / 2), window: sliding, atMs: past.atMs };
      const [remote, expected] = [await add(change), local.add([change])];
      expect(remote.kind).toBe(expected.kind);
      if (remote.kind === 'refused' && expected.kind === 'refused')
        expect(remote.roomInMs).toBe(Math.ceil(expected.roomInMs));
      if (remote.kind === 'added') expect(remote.amounts[0]).toBe(local.amount(change.key));
      if (past === undefined && remote.kind === 'added') made.push({ ...change, atMs: remote.atMs });
    }
    close();
  });

  it('give back what was leased to a holder that is silent, and to no other', async () => {
    const clock = { ms: 1_000_000_000 };
    const open = async () => {
      const counters = new RedisCounters({ url: server.url, prefix: 'leases:', now: () => clock.ms, leaseMs: 60_000 });
      await counters.connected(5_000);
      return counters;
    };
    const [dead, alive] = [await open(), await open()];
    const hold = (amount: number) => ({ key: 'held', amount, leased: amount, max: 10, beside: { key: 'spent' } });
    const leased = await dead.add([hold(7)]);
    const lease = leased.kind === 'added' ? leased.lease : '';
    expect(dead.isLeased(lease)).toBe(true);
    // Four are sent, in a step that nobody waits for.
    await dead.add([
      { key: 'spent', amount: 4 },
      { key: 'held', amount: -4, leased: -4 },
    ]);
    dead.close();
    expect(await alive.add([hold(4)])).toMatchObject({ kind: 'refused', amount: 7 });
    clock.ms += 59_999;
    expect(await alive.add([hold(3)])).toMatchObject({ kind: 'added', amounts: [10] });
    expect(await alive.add([hold(1)])).toMatchObject({ kind: 'refused' });
    clock.ms += 1;
    expect(await alive.add([hold(3)])).toMatchObject({ kind: 'added', amounts: [10] });
    expect(await alive.add([hold(1)])).toMatchObject({ kind: 'refused', amount: 10 });
    expect(await alive.amount('held')).toBe(6);
    // What a holder gives back late was given back already.
    await alive.add([{ key: 'held', amount: -3, leased: -3 }], lease);
    expect(await alive.amount('held')).toBe(6);
    alive.close();
  });

  it('keep what is leased to a holder that lives, however long', async () => {
    const own = new RedisCounters({ url: server.url, prefix: 'alive:', commandTimeoutMs: 100, leaseMs: 200 });
    const other = new RedisCounters({ url: server.url, prefix: 'alive:' });
    await Promise.all([own.connected(5_000), other.connected(5_000)]);
    const outcome = await own.add([{ key: 'held', amount: 1, leased: 1, max: 1 }]);
    const lease = outcome.kind === 'added' ? outcome.lease : '';
    const end = performance.now() + 600;
    // A machine that stands still for as long as a lease lasts loses it, and knows it.
    while (performance.now() < end && own.isLeased(lease))
      expect(await other.add([{ key: 'held', amount: 1, max: 1 }])).toMatchObject({ kind: 'refused' });
    own.close();
    await expect.poll(async () => (await other.add([{ key: 'held', amount: 1, max: 1 }])).kind).toBe('added');
    other.close();
  });

  it('are exact for several who count at once', async () => {
    const counting = await Promise.all([setUp(), setUp()]);
    const [first] = counting;
    const shared = counting.map(() => new RedisCounters({ url: server.url, prefix: 'shared:' }));
    await Promise.all(shared.map((counters) => counters.connected(5_000)));
    const outcomes = await Promise.all(
      Array.from({ length: 400 }, (_, index) =>
        shared[index % 2]?.add([{ key: 'budget', amount: 1, max: 100, window: sliding }]),
      ),
    );
    expect(outcomes.filter((outcome) => outcome?.kind === 'added')).toHaveLength(100);
    expect(first).toBeDefined();
    for (const { close } of counting) close();
    for (const counters of shared) counters.close();
  });

  it('end in bounded time while Redis is paused, at once while it is gone, and work again afterwards', async () => {
    const own = await startRedisServer();
    const states: boolean[] = [];
    const counters = new RedisCounters({
      url: own.url,
      commandTimeoutMs: 100,
      onStateChange: (isAvailable) => states.push(isAvailable),
    });
    await counters.connected(5_000);
    own.pause();
    await expect(counters.add([{ key: 'a', amount: 1 }])).rejects.toMatchObject({ code: 'OVERLOADED' });
    own.resume();
    // Its answer came too late: it is taken back.
    await expect.poll(() => counters.amount('a').catch(() => -1)).toBe(0);
    await expect
      .poll(() =>
        counters.add([{ key: 'b', amount: 1 }]).then(
          ({ kind }) => kind,
          () => '',
        ),
      )
      .toBe('added');
    await own.kill();
    await expect.poll(() => counters.isAvailable).toBe(false);
    await expect(counters.add([{ key: 'a', amount: 1 }])).rejects.toMatchObject({ code: 'OVERLOADED' });
    const again = await startRedisServer(own.port);
    await expect.poll(() => counters.isAvailable, { timeout: 10_000 }).toBe(true);
    expect(await counters.amount('a')).toBe(0);
    expect(states[0]).toBe(true);
    expect(states.at(-1)).toBe(true);
    counters.close();
    await again.kill();
  }, 30_000);
});
