import { describe, expect, it } from 'vitest';
import { anonymous } from '../../../../../src/access/principal.ts';
import { createMemoryStore, WriteTokens } from '../../../../../src/cache/index.ts';
import { cacheDemandsOf, readRequestDirectives } from '../../../../../src/http/graphql/caching/cache-demands.ts';

describe('Cache-Control of a request', () => {
  it.each([
    ['no-cache', { isNoCache: true }],
    ['No-Store', { isNoStore: true }],
    ['only-if-cached, max-stale', { isOnlyIfCached: true, maxStaleMs: Number.POSITIVE_INFINITY }],
    ['max-age=5, min-fresh="3", max-stale=0', { maxAgeMs: 5_000, minFreshMs: 3_000, maxStaleMs: 0 }],
    ['max-age=5, max-age=9', { maxAgeMs: 5_000 }],
    ['max-age=-1', undefined],
    ['extension="a, no-cache, b", max-age=5', { maxAgeMs: 5_000 }],
    ['max-age=soon, no-transform', undefined],
    ['', undefined],
  ])('%j is read', (text, demands) => {
    expect(readRequestDirectives(text)).toEqual(demands);
  });

  it('is followed where the caller may direct caches', () => {
    const headers = { 'cache-control': 'no-cache' };
    const ofCaller = (caller: object, clientDirectives: object | 'nobody' | 'everyone') =>
      cacheDemandsOf(headers, { ...anonymous, ...caller }, { clientDirectives } as never, undefined);
    const listed = { ids: ['ada'], scopes: ['cache:direct'], roles: ['support'] };
    expect(ofCaller({}, 'nobody')).toBeUndefined();
    expect(ofCaller({}, 'everyone')).toEqual({ isNoCache: true });
    expect(ofCaller({}, listed)).toBeUndefined();
    for (const caller of [{ id: 'ada' }, { scopes: ['cache:direct'] }, { roles: ['support'] }])
      expect(ofCaller(caller, listed)).toEqual({ isNoCache: true });
  });
});

describe('tokens of writing', () => {
  it('have an effect through every gateway of a store, whatever its key', async () => {
    const store = createMemoryStore();
    const token = await new WriteTokens(store, 'a').issue();
    const write = await new WriteTokens(store, 'b').read(token);
    expect(write?.msAgo()).toBeLessThan(60_000);
  });

  it('count by themselves where their mark is lost and the key is the same', async () => {
    const token = await new WriteTokens(createMemoryStore(), 'a').issue();
    const other = createMemoryStore();
    expect(await new WriteTokens(other, 'b').read(token)).toBeUndefined();
    const write = await new WriteTokens(other, 'a').read(token);
    // Clocks may differ: what seems to have been read since may not have been.
    expect(write?.msAgo()).toBeLessThan(50);
    const old = token.replace(/\.[0-9a-z]+\./, `.${(Date.now() - 400_000).toString(36)}.`);
    expect(await new WriteTokens(other, 'a').read(old)).toBeUndefined();
  });

  it('are nothing where they are not of the form', async () => {
    const tokens = new WriteTokens(createMemoryStore(), 'a');
    for (const token of [undefined, '', 'x', ['a', 'b'], 'a.b.c', `${'a'.repeat(22)}.z.${'b'.repeat(22)}x`])
      expect(await tokens.read(token)).toBeUndefined();
  });
});
