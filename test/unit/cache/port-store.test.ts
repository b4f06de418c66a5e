import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type CacheStore,
  createKeyMemory,
  createMemoryStore,
  createPortStores,
  createStampMemory,
  StoredKeys,
  serveStore,
  TagStamps,
} from '../../../src/cache/index.ts';
import { createPortSignals, SignalRelay } from '../../../src/signals/index.ts';

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** The stores of two threads over the main thread's, which has room for so many bytes. */
function threads(mainBytes = 64_000_000): { readonly one: CacheStore; readonly other: CacheStore } {
  const memory = createStampMemory();
  const keyMemory = createKeyMemory();
  const main = createMemoryStore({
    maxBytes: mainBytes,
    stamps: new TagStamps(memory),
    storedKeys: new StoredKeys(keyMemory),
  });
  const relay = new SignalRelay();
  const [one, other] = [0, 1].map(() => {
    const [cache, signals] = [new MessageChannel(), new MessageChannel()];
    ports.push(cache.port1, signals.port1);
    serveStore(cache.port1, { currentStore: () => main, storedKeys: new StoredKeys(keyMemory), signals: relay });
    relay.connect(signals.port1);
    const options = {
      signals: createPortSignals(signals.port2),
      stamps: new TagStamps(memory),
      storedKeys: new StoredKeys(keyMemory),
    };
    return createPortStores({ port: cache.port2, ...options })({ maxBytes: 1_000_000, maxValueBytes: 2_000_000 });
  });
  if (one === undefined || other === undefined) throw new Error('two threads have a store each');
  return { one, other };
}

describe('the cache of several threads', () => {
  it('has in each what one of them stored, and afterwards at once', async () => {
    const { one, other } = threads();
    await one.set('key', 'value', { ttlMs: 60_000, tags: ['prompt:a'] });
    const first = other.get('key');
    expect(first).toBeInstanceOf(Promise);
    expect((await first)?.value.toString()).toBe('value');
    const second = await other.get('key');
    expect(other.get('key')).not.toBeInstanceOf(Promise);
    expect(second?.freshMs).toBeLessThanOrEqual(60_000);
    expect(second?.freshMs).toBeGreaterThan(0);
  });

  it('has what is longer than the part of one thread, up to the bound of a value', async () => {
    const { one, other } = threads();
    await one.set('long', 'x'.repeat(1_500_000));
    expect((await other.get('long'))?.value.length).toBe(1_500_000);
    expect((await one.get('long'))?.value.length).toBe(1_500_000);
    await one.set('longer', 'x'.repeat(2_500_000));
    expect(await one.get('longer')).toBeUndefined();
  });

  it('has in each what another renewed', async () => {
    const { one, other } = threads();
    await one.set('key', 'before', { ttlMs: 1, staleMs: 60_000 });
    expect((await other.get('key'))?.value.toString()).toBe('before');
    await expect.poll(async () => (await other.get('key'))?.freshMs).toBeLessThanOrEqual(0);
    await one.set('key', 'after', { ttlMs: 60_000 });
    await expect.poll(async () => (await other.get('key'))?.value.toString()).toBe('after');
    expect(other.get('key')).not.toBeInstanceOf(Promise);
  });

  it('has in each what another has read anew though it was fresh', async () => {
    const { one, other } = threads();
    await one.set('key', 'before', { ttlMs: 60_000 });
    expect((await other.get('key'))?.value.toString()).toBe('before');
    expect(other.get('key')).not.toBeInstanceOf(Promise);
    await one.set('key', 'after', { ttlMs: 60_000 });
    expect((await one.get('key'))?.value.toString()).toBe('after');
    await expect.poll(async () => (await other.get('key'))?.value.toString()).toBe('after');
    // Also one that has not read it before.
    await other.set('key', 'last', { ttlMs: 60_000 });
    await expect.poll(async () => (await one.get('key'))?.value.toString()).toBe('last');
  });

  it('is invalidated in all of them', async () => {
    const { one, other } = threads();
    await one.set('key', 'value', { tags: ['prompt:a'] });
    await one.set('another', 'value', { tags: ['prompt:b'] });
    expect(await other.get('key')).toBeDefined();
    expect(await other.get('another')).toBeDefined();
    await one.invalidate('prompt:a');
    // At once, without a turn of the event loop.
    expect(other.get('another')).not.toBeInstanceOf(Promise);
    expect(other.get('key')).toBeInstanceOf(Promise);
    expect(await one.get('key')).toBeUndefined();
    expect(await other.get('key')).toBeUndefined();
  });

  it('does not bring back what is invalidated while it is on its way', async () => {
    const { one, other } = threads();
    void one.set('key', 'value', { tags: ['tag'] });
    void other.invalidate('tag');
    expect(await other.get('key')).toBeUndefined();
    await one.set('key', 'value', { tags: ['tag'] });
    const reading = other.get('key');
    void one.invalidate('tag');
    expect(await reading).toBeUndefined();
    expect(await other.get('key')).toBeUndefined();
  });

  it('lets those wait no longer whose holder’s thread has ended', async () => {
    const { one, other } = threads();
    expect((await one.claim(['key'], 60_000))[0]?.kind).toBe('holder');
    const [waiter] = await other.claim(['key'], 60_000);
    ports[0]?.close();
    if (waiter?.kind === 'waiter') await waiter.ended();
    expect((await other.claim(['key'], 60_000))[0]?.kind).toBe('holder');
  });

  it('frees the memory of all of them with a purge', async () => {
    const { one, other } = threads();
    await one.set('entity:a', 'value');
    expect(await other.get('entity:a')).toBeDefined();
    await one.purge('entities');
    expect(await other.get('entity:a')).toBeUndefined();
    await expect.poll(async () => (await other.stats()).caches.entities?.entries).toBe(0);
  });

  it('keeps what is stored after a purge that others hear of later', async () => {
    const { one, other } = threads();
    await one.set('entity:a', 'before');
    expect(await other.get('entity:a')).toBeDefined();
    void one.purge('entities');
    void one.set('entity:a', 'since');
    await expect.poll(async () => (await other.get('entity:a'))?.value.toString()).toBe('since');
    expect((await one.get('entity:a'))?.value.toString()).toBe('since');
  });

  it('misses at once what no thread has', async () => {
    const { one, other } = threads(10_000);
    expect(one.get('key')).toBeUndefined();
    expect(one.getMany(['key', 'another'])).toEqual([undefined, undefined]);
    await one.set('key', 'value', { ttlMs: 60_000 });
    await one.set('key', 'renewed', { ttlMs: 60_000 });
    expect((await other.get('key'))?.value.toString()).toBe('renewed');
    // Nobody asks for what the main thread has removed to make room, or because it was deleted.
    const filling = Array.from({ length: 40 }, (_, index) => `filling:${index}`);
    const asked = () => filling.filter((key) => other.get(key) instanceof Promise).length;
    for (const key of filling) await one.set(key, 'x'.repeat(1_000));
    expect(asked()).toBe(40); // on their way
    await expect.poll(asked).toBeLessThan(10);
    expect(await other.get('filling:39')).toBeDefined();
    for (const key of filling) await one.delete(key);
    await expect.poll(asked).toBe(0);
  });

  it('is a miss, and nothing worse, once the main thread has ended', async () => {
    const { one } = threads();
    for (const port of ports.splice(0)) port.close();
    expect(await one.get('unknown')).toBeUndefined();
    await one.set('key', 'value');
    expect((await one.get('key'))?.value.toString()).toBe('value');
    expect(await one.invalidate('tag')).toBe(true);
  });
});
