/** How long an answer may be used is counted from when its data was asked for (RFC 9111, section 4.2.3). */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CacheHints, OperationPolicy } from '../../../src/cache/index.ts';

const sdl = `directive @cacheControl(maxAge: Int) on FIELD_DEFINITION
  type Query { hinted: Int @cacheControl(maxAge: 10) plain: Int }`;

let policy: OperationPolicy;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const hints = new CacheHints(sdl);
  const sources = new Map([
    ['a', hints],
    ['b', hints],
  ]);
  policy = new OperationPolicy({ hints: sources, defaultMaxAgeMs: 0 });
});
afterEach(() => vi.useRealTimers());

function answered(subgraph: string, query: string, tookMs: number, maxAge?: number): void {
  const requestedAt = performance.now();
  policy.request(subgraph, query);
  vi.advanceTimersByTime(tookMs);
  policy.response(subgraph, maxAge === undefined ? undefined : { cacheControl: `max-age=${maxAge}` }, requestedAt);
}

describe('the time of an answer', () => {
  it('begins with its request, not with its response', () => {
    answered('a', '{ hinted }', 3_000);
    expect(policy.result.maxAgeMs).toBe(10_000);
    expect(policy.readMsAgo).toBe(3_000);
    vi.advanceTimersByTime(1_000);
    expect(policy.readMsAgo).toBe(4_000);
  });

  it('is over for what took longer to read than it may be used', () => {
    answered('a', '{ plain }', 5_000, 5);
    expect(policy.refusal).toBe('stale');
  });

  it('ends with the first of its parts, each counted from its own request', () => {
    answered('a', '{ plain }', 4_000, 20);
    answered('b', '{ hinted }', 1_000);
    // b ends 10 s after it was asked, which was 4 s after a was.
    expect(policy.result.maxAgeMs).toBe(14_000);
  });

  it('begins with the request that others sent, where an answer is shared', () => {
    vi.advanceTimersByTime(60_000);
    const requestedAt = performance.now() - 2_000;
    policy.request('a', '{ hinted }');
    policy.response('a', undefined, requestedAt);
    expect(policy.result.maxAgeMs).toBe(10_000);
    expect(policy.readMsAgo).toBe(2_000);
    expect(policy.requestedMsAgo).toBe(2_000);
  });

  it('ends with what another cache had, and is as old', () => {
    policy.request('a', '{ plain }');
    policy.cached('a', { scope: 'private', leftMs: 7_000, ageMs: 30_000, tags: ['t'] });
    expect(policy.result).toEqual({ maxAgeMs: 37_000, scope: 'private' });
    expect(policy.readMsAgo).toBe(30_000);
    // What is invalidated is compared with the request: the other cache knows what it has itself.
    expect(policy.requestedMsAgo).toBe(0);
    expect(policy.allTags).toContain('t');
  });

  it('is over where another cache had something stale', () => {
    policy.request('a', '{ plain }');
    policy.cached('a', { scope: 'public', leftMs: -1, ageMs: 30_000, tags: [] });
    expect(policy.refusal).toBe('stale');
  });
});
