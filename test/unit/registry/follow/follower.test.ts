import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createLogger } from '../../../../src/observability/index.ts';
import { createHttpFeed, type GenerationFeed, RegistryFollower } from '../../../../src/registry/follow/index.ts';
import {
  contentHashOf,
  createSigningKey,
  type PublishedGeneration,
} from '../../../../src/registry/generation/index.ts';

const ref = { graph: 'shop', variant: 'current' };
const publicKey = 'Zzoq27M4l2iRkbpQQmhN9kuDaNK1IgoHdLNHrIlBHik';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-follower-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const content = { subgraphs: {}, settings: {} };
const generation: PublishedGeneration = {
  ...ref,
  number: 1,
  content,
  contentHash: contentHashOf(content),
  change: { kind: 'import' },
  at: 0,
  actor: 'a',
  commit: null,
  message: null,
};

it('a registry with another key is one outage, not one of each answer', async () => {
  const next = vi.fn(async () => ({ generation, signature: 'another', canary: undefined }));
  const feed: GenerationFeed = { next, texts: async () => new Map(), endCanary: async () => {}, close: async () => {} };
  const log = createLogger({ level: 'silent' });
  const warn = vi.spyOn(log, 'warn');
  const info = vi.spyOn(log, 'info');
  const follower = await RegistryFollower.open({ ref, feed, publicKey, folder, log });
  try {
    await vi.waitFor(() => expect(next.mock.calls.length).toBeGreaterThan(2), { timeout: 10_000 });
    expect(follower.outage).toContain('not signed');
    expect(warn).toHaveBeenCalledTimes(1);
    expect(info).not.toHaveBeenCalled();
  } finally {
    await follower.close();
  }
});

it('a registry that starts again is followed at once, however long it was gone', async () => {
  const key = createSigningKey(Buffer.alloc(32, 7));
  let attempts = 0;
  const next = async (known: unknown, signal: AbortSignal) => {
    if (attempts++ < 7) throw new Error('connect ECONNREFUSED');
    if (known === undefined) return { generation, signature: key.sign(generation), canary: undefined };
    return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  const feed: GenerationFeed = { next, texts: async () => new Map(), endCanary: async () => {}, close: async () => {} };
  const log = createLogger({ level: 'silent' });
  const options = { ref, feed, publicKey: key.publicKey, folder: join(folder, 'again'), log };
  const follower = await RegistryFollower.open(options);
  try {
    expect(follower.outage).toContain('ECONNREFUSED');
    // Pauses that double would take 18 s.
    await vi.waitFor(() => expect(follower.current?.serving.number).toBe(1), { timeout: 9_000 });
    expect(follower.outage).toBeUndefined();
  } finally {
    await follower.close();
  }
});

it('while nothing is published, one request waits for it', async () => {
  const key = createSigningKey(Buffer.alloc(32, 7));
  const published = Promise.withResolvers<void>();
  const next = vi.fn(async (known: unknown, signal: AbortSignal) => {
    if (known === undefined) return undefined;
    if (known === 'none') await published.promise;
    else await new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    return { generation, signature: key.sign(generation), canary: undefined };
  });
  const feed: GenerationFeed = { next, texts: async () => new Map(), endCanary: async () => {}, close: async () => {} };
  const log = createLogger({ level: 'silent' });
  const options = { ref, feed, publicKey: key.publicKey, folder: join(folder, 'nothing'), log };
  const follower = await RegistryFollower.open(options);
  try {
    expect(follower.current).toBeUndefined();
    const changed = new Promise<void>((resolve) => follower.onChange(resolve));
    published.resolve();
    await changed;
    expect(follower.current?.serving.number).toBe(1);
    await vi.waitFor(() =>
      expect(next.mock.calls.map(([known]) => typeof known)).toEqual(['undefined', 'string', 'object']),
    );
  } finally {
    await follower.close();
  }
});

it('a registry that cannot be reached is told with its address and the reason', async () => {
  const feed = createHttpFeed({ url: 'http://127.0.0.1:1', key: undefined, ref });
  await expect(feed.next(undefined, AbortSignal.timeout(5_000))).rejects.toThrow(
    /127\.0\.0\.1:1 cannot be reached: .*registry\.url/,
  );
});
