/** Whatever happens in whatever order, no cached answer is older than it may be: a model of the source checks each of them. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Invalidation } from '../../../../src/runtime/index.ts';
import { Random } from '../../../testkit/random/random.ts';
import { newSeed, randomRuns } from '../../../testkit/random/random-runs.ts';
import { CachedWorld, type Lifetimes, maxAgeMs } from './cached-world.ts';
import { type Asked, type Id, ids, type Moment } from './source-history.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** All that can go on does. */
async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

const everything: readonly Invalidation[] = [
  { kind: 'subgraph', subgraph: 'a' },
  { kind: 'type', subgraph: 'a', type: 'Product' },
];
const moves = [50, 900, 3_000, 5_000, 9_500, 10_500, 11_500, 16_000];
const steps = 120;

class Run {
  readonly #random: Random;
  readonly #world: CachedWorld;
  readonly #lifetimes: Lifetimes;
  readonly #answers: Promise<void>[] = [];
  readonly faults: string[] = [];
  /** What was done, for whoever reads a fault. */
  readonly #log: string[] = [];
  /** Whether answers may be under way for long. */
  readonly #isSlow: boolean;
  #write: { readonly token: string; readonly moment: Moment } | undefined;
  /** Since when the subgraph has been answering. */
  #lastDown = 0;
  hits = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#isSlow = random.chance(0.4);
    this.#lifetimes = {
      staleWhileRevalidateMs: random.pick([0, 5_000]),
      staleIfErrorMs: random.pick([0, 30_000]),
    };
    this.#world = new CachedWorld(this.#lifetimes);
  }

  async all(): Promise<void> {
    for (let step = 0; step < steps && this.faults.length === 0; step++) {
      // Two events never have one time: a real clock tells them apart.
      vi.advanceTimersByTime(1);
      await this.#step();
      await settle();
    }
    await this.#end();
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const world = this.#world;
    const id = random.pick(ids);
    const roll = random.next();
    if (roll < 0.45) return void this.#answers.push(this.#ask());
    if (roll < 0.55) return this.#do(`write ${id}`, () => world.history.write(id));
    if (roll < 0.6) return this.#do(`mutate ${id}`, () => this.#mutate(id));
    if (roll < 0.68) return this.#invalidate(id);
    if (roll < 0.78) {
      const move = random.pick(moves);
      return this.#do(`${move} ms`, async () => {
        if (!this.#isSlow) await this.#releaseAll();
        vi.advanceTimersByTime(move);
      });
    }
    if (roll < 0.82) {
      const [schema, content] = [random.pick(['s1', 's2']), random.pick(['c1', 'c2'])];
      return this.#do(`swap to ${schema} ${content}`, () => world.swap(schema, content));
    }
    if (roll < 0.87) return this.#do('down or up', () => this.#setDown(!world.isDown));
    if (roll < 0.93) return this.#do('hold or not', () => world.hold(!world.isHolding));
    return this.#do('an answer arrives', () => world.release(random.below(10)));
  }

  async #do(name: string, action: () => void | Promise<void>): Promise<void> {
    this.#log.push(`${performance.now()}: ${name}`);
    await action();
  }

  #setDown(isDown: boolean): void {
    this.#world.isDown = isDown;
    this.#lastDown = this.#world.history.moment().order;
  }

  async #mutate(id: Id): Promise<void> {
    await this.#world.mutate(id);
    this.#world.history.invalidate([id]);
    this.#write = { token: await this.#world.tokens.issue(), moment: this.#world.history.moment() };
  }

  #invalidate(id: Id): Promise<void> {
    const one: readonly Invalidation[] = [
      { kind: 'entity', type: 'Product', key: { id } },
      { kind: 'cache_tag', cache_tag: `product-${id}` },
    ];
    const isOne = this.#random.chance(0.6);
    const invalidation = this.#random.pick(isOne ? one : everything);
    return this.#do(`invalidate ${JSON.stringify(invalidation)}`, async () => {
      await this.#world.invalidate(invalidation);
      this.#world.history.invalidate(isOne ? [id] : ids);
    });
  }

  async #ask(): Promise<void> {
    const random = this.#random;
    const world = this.#world;
    const { history, schema } = world;
    const products = random.chance(0.3) ? undefined : ids.filter(() => random.chance(0.5));
    const write = random.chance(0.3) ? this.#write : undefined;
    const clientMaxAgeMs = random.chance(0.25) ? random.pick([0, 1_000, 4_000]) : undefined;
    const read = write && (await world.tokens.read(write.token));
    const { staleWhileRevalidateMs: staleMs, staleIfErrorMs } = this.#lifetimes;
    const asked: Asked = {
      ...history.moment(),
      maxAgeMs: clientMaxAgeMs ?? maxAgeMs,
      maxStaleMs: clientMaxAgeMs ?? maxAgeMs + staleMs,
      maxDegradedMs: maxAgeMs + staleIfErrorMs,
      written: read === undefined ? undefined : write?.moment,
    };
    const demands = {
      ...(read === undefined ? {} : { writtenMsAgo: read.msAgo, writeId: read.id }),
      ...(clientMaxAgeMs === undefined ? {} : { maxAgeMs: clientMaxAgeMs }),
    };
    const isPlain = Object.keys(demands).length === 0;
    const context = isPlain ? {} : { cacheDemands: demands };
    const question = { asked: products?.length === 0 ? undefined : products, context };
    const name = `${JSON.stringify({ ...question, demands })} at ${asked.at}`;
    this.#log.push(`ask ${name}`);
    const before = world.requests;
    try {
      const answer = await world.ask({ ...question, isFromBytes: isPlain && random.chance(0.4) });
      if (world.requests === before) this.hits++;
      for (const { id, stock, schema: served } of answer.products) {
        const fault = served === schema ? history.fault(id, stock, asked, answer.degraded) : `of schema ${served}`;
        if (fault !== undefined) this.#fault(`${name}: ${id} ${stock} is ${fault}`);
        // `age` is told in whole seconds.
        const left = answer.freshSeconds * 1000 - 999;
        const now = { ...asked, at: performance.now(), maxAgeMs: maxAgeMs - left };
        const promised = left > 0 ? history.fault(id, stock, now, new Set()) : undefined;
        if (promised !== undefined) this.#fault(`${name}: ${id} ${stock}, for ${left} ms more, is ${promised}`);
      }
    } catch (error) {
      if (!world.isDown && this.#lastDown < asked.order) this.#fault(`${name}: ${String(error)}`);
    }
  }

  #fault(text: string): void {
    this.faults.push(`${text}\n${this.#log.join('\n')}`);
  }

  async #releaseAll(): Promise<void> {
    const { isHolding } = this.#world;
    this.#world.hold(false);
    for (let answer = 0; answer < steps; answer++) this.#world.release(0);
    await settle();
    this.#world.hold(isHolding);
  }

  async #end(): Promise<void> {
    await this.#releaseAll();
    this.#world.hold(false);
    await settle();
    await Promise.all(this.#answers);
  }
}

describe('cached answers', () => {
  it('are never older than their policy, an invalidation, the client’s writing and the schema allow', async () => {
    const seed = newSeed('freshness');
    let hits = 0;
    for (let number = 0; number < randomRuns(40); number++) {
      const random = new Random(seed + number);
      vi.spyOn(Math, 'random').mockImplementation(() => random.next());
      const run = new Run(random);
      await run.all();
      expect(run.faults[0], `SEED=${seed + number}`).toBeUndefined();
      hits += run.hits;
    }
    expect(hits).toBeGreaterThan(0);
  });
});

describe.each([0, 5_000])(
  '2,000 clients at the moment an entry ends, with stale_while_revalidate of %d ms',
  (staleMs) => {
    const lifetimes = { staleWhileRevalidateMs: staleMs, staleIfErrorMs: 0 };

    it('cause one request for a whole answer', async () => {
      const world = new CachedWorld(lifetimes);
      await world.ask({ asked: ['p1'] });
      vi.advanceTimersByTime(maxAgeMs + 1);
      world.history.write('p1');
      const answers = await Promise.all(Array.from({ length: 2_000 }, () => world.ask({ asked: ['p1'] })));
      await settle();
      const stock = staleMs === 0 ? 1 : 0;
      expect(new Set(answers.map(({ products }) => products[0]?.stock))).toEqual(new Set([stock]));
      expect(world.requests).toBe(2);
      expect((await world.ask({ asked: ['p1'] })).products[0]?.stock).toBe(1);
    });

    it('are followed by one of them where whoever reads the entity takes too long', async () => {
      const world = new CachedWorld(lifetimes);
      world.hold(true);
      const answers = Array.from({ length: 2_000 }, () => world.entities(['p1']));
      await settle();
      expect(world.requests).toBe(1);
      vi.advanceTimersByTime(5_001);
      await settle();
      expect(world.requests).toBe(2);
      world.hold(false);
      world.release(0);
      world.release(0);
      await Promise.all(answers);
      expect(world.requests).toBe(2);
    });

    it('cause one request for an entity', async () => {
      const world = new CachedWorld(lifetimes);
      await world.entities(['p1']);
      vi.advanceTimersByTime(maxAgeMs + 1);
      await Promise.all(Array.from({ length: 2_000 }, () => world.entities(['p1'])));
      await settle();
      expect(world.requests).toBe(2);
    });
  },
);
