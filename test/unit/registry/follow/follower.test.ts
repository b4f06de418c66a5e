import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createLogger } from '../../../../src/observability/index.ts';
import { createHttpFeed, type GenerationFeed, RegistryFollower } from '../../../../src/registry/follow/index.ts';
import { contentHashOf } from '../../../../src/registry/generation/index.ts';

const ref = { graph: 'shop', variant: 'current' };
const publicKey = 'Zzoq27M4l2iRkbpQQmhN9kuDaNK1IgoHdLNHrIlBHik';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-follower-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a registry with another key is one outage, not one of each answer', async () => {
  const content = { subgraphs: {}, settings: {} };
  const generation = {
    ...ref,
    number: 1,
    content,
    contentHash: contentHashOf(content),
    at: 0,
    actor: 'a',
    commit: null,
    message: null,
  };
  const next = vi.fn(async () => ({
    generation: { ...generation, change: { kind: 'import' as const } },
    signature: 'another',
    canary: undefined,
  }));
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

it('a registry that cannot be reached is told with its address and the reason', async () => {
  const feed = createHttpFeed({ url: 'http://127.0.0.1:1', key: undefined, ref });
  await expect(feed.next(undefined, AbortSignal.timeout(5_000))).rejects.toThrow(
    /127\.0\.0\.1:1 cannot be reached: .*registry\.url/,
  );
});
