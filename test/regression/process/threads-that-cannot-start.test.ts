/** A thread or a process that cannot be started is started later; its callers fail or wait. */
import type { ForkOptions } from 'node:child_process';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { countTokens } from '../../../src/ai/tokens/count-tokens.ts';
import { Deadline } from '../../../src/lib/index.ts';
import { compose } from '../../../src/supergraph/index.ts';

/** How many threads and processes more cannot be started. */
const refused = vi.hoisted(() => ({ count: 0 }));

vi.mock('node:worker_threads', async (original) => {
  const threads = await original<typeof import('node:worker_threads')>();
  class Worker extends threads.Worker {
    constructor(...options: ConstructorParameters<typeof threads.Worker>) {
      if (refused.count > 0) {
        refused.count--;
        throw Object.assign(new Error('Worker initialization failure: EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' });
      }
      super(...options);
    }
  }
  return { ...threads, default: { ...threads, Worker }, Worker };
});

vi.mock('node:child_process', async (original) => {
  const processes = await original<typeof import('node:child_process')>();
  const fork = (module: string, options: ForkOptions) => {
    if (refused.count === 0) return processes.fork(module, options);
    refused.count--;
    throw Object.assign(new Error('spawn EAGAIN'), { code: 'EAGAIN' });
  };
  return { ...processes, default: { ...processes, fork }, fork };
});

afterEach(() => {
  refused.count = 0;
});

const sources = [{ name: 'a', sdl: 'type Query { a: Int }', url: 'http://127.0.0.1/a', origin: 'a' }];

describe('a process that cannot be started', () => {
  it('refuses a composition if it remains', async () => {
    // First: once something has been composed, its process composes what follows.
    refused.count = 100;
    await expect(compose(sources)).rejects.toThrow(/cannot start: .*EAGAIN/);
  });

  it('is tried again by a composition', async () => {
    refused.count = 2;
    expect((await compose(sources)).supergraphSdl).toContain('type Query');
    expect(refused.count).toBe(0);
  });
});

describe('a thread that cannot be started', () => {
  it('results in an estimate of tokens, and in a count the next time', async () => {
    refused.count = 1;
    const bounds = { signal: new AbortController().signal, deadline: Deadline.in(20_000) };
    expect(await countTokens('some words that are counted', 'gpt-4o', bounds)).toBeGreaterThan(0);
    expect(await countTokens('some words that are counted', 'gpt-4o', bounds)).toBe(5);
  });
});
