/** What every store does with the generations of a registry. */
import { expect, it } from 'vitest';
import type { StoreConfig } from '../../../src/config/index.ts';
import { contentHashOf, type GenerationContent, hashOfText } from '../../../src/registry/generation/index.ts';
import type { NextGeneration } from '../../../src/store/index.ts';
import { openAt } from './store-contract.ts';

const shop = { graph: 'shop', variant: 'current' };

/** A graph of one subgraph with that text as its schema. */
export function nextOf(sdl: string, after: number, of: Partial<NextGeneration> = {}): NextGeneration {
  const files = { 'schema.graphql': hashOfText(sdl) };
  const content: GenerationContent = {
    subgraphs: { products: { kind: 'http', routingUrl: 'http://127.0.0.1:4003/graphql', files } },
    settings: {},
  };
  return {
    ...shop,
    after,
    content,
    contentHash: contentHashOf(content),
    texts: new Map([[hashOfText(sdl), sdl]]),
    change: { kind: 'publish', subgraphs: ['products'], sections: [] },
    at: 7_000,
    actor: 'cli:ann',
    commit: 'abc123',
    message: undefined,
    ...of,
  };
}

/** @param fresh a configuration of a store that nothing has opened yet */
export function describeRegistryTable(fresh: () => StoreConfig | Promise<StoreConfig>): void {
  it('numbers the generations of each variant, and refuses one that was made from another head', async () => {
    const config = await fresh();
    await using stack = new AsyncDisposableStack();
    const [one, other] = [await openAt(config), await openAt(config, true)];
    for (const store of [one, other]) stack.defer(() => store.close());
    const before = await other.registry.revision();
    expect(await other.registry.head(shop)).toBeUndefined();
    expect(await one.registry.append(nextOf('type Query { a: Int }', 0))).toMatchObject({
      number: 1,
      actor: 'cli:ann',
    });
    expect(await other.registry.append(nextOf('type Query { b: Int }', 0))).toBeUndefined();
    expect(await other.registry.append(nextOf('type Query { b: Int }', 1))).toMatchObject({ number: 2 });
    expect(await one.registry.append(nextOf('type Query { a: Int }', 0, { variant: 'staging' }))).toMatchObject({
      number: 1,
    });
    expect(await one.registry.head(shop)).toEqual({ number: 2, canary: undefined });
    expect(await other.registry.revision()).toBeGreaterThan(before);
    expect((await one.registry.history(shop, { limit: 10 })).map(({ number }) => number)).toEqual([2, 1]);
    expect((await one.registry.history(shop, { limit: 10, before: 2 })).map(({ number }) => number)).toEqual([1]);
    const found = await other.registry.generation(shop, 1);
    expect(found).toEqual({ ...(await one.registry.generation(shop, 1)) });
    expect(found).toMatchObject({ commit: 'abc123', message: null, at: 7_000 });
    const hashes = [hashOfText('type Query { a: Int }'), hashOfText('nothing')];
    expect([...(await one.registry.texts(hashes)).values()]).toEqual(['type Query { a: Int }']);
    expect(await one.registry.graphs()).toMatchObject([{ variant: 'current', number: 2 }, { variant: 'staging' }]);
    expect((await one.auditLog.newest(1))[0]).toMatchObject({ action: 'registry.publish', target: 'shop@staging' });
    const first = nextOf('type Query { a: Int }', 0, { variant: 'preview' });
    const next = nextOf('type Query { b: Int }', 0, { variant: 'preview', origin: first });
    expect(await one.registry.append(next)).toMatchObject({ number: 2 });
    expect(await one.registry.history({ ...shop, variant: 'preview' }, { limit: 3 })).toMatchObject([
      { number: 2, contentHash: next.contentHash, change: { kind: 'publish' } },
      { number: 1, contentHash: first.contentHash, change: { kind: 'import' } },
    ]);
    expect(await other.registry.texts(first.texts.keys())).toEqual(first.texts);
  });

  it('moves a label of a variant from one generation to another, and records who did', async () => {
    const store = await openAt(await fresh());
    await using stack = new AsyncDisposableStack();
    stack.defer(() => store.close());
    const { labels } = store.registry;
    const by = { at: 8_000, actor: 'cli:ann' };
    expect(await labels.move({ ...shop, ...by, name: 'stable', number: 1 })).toBeUndefined();
    await labels.move({ ...shop, ...by, variant: 'other', name: 'stable', number: 7 });
    expect(await labels.move({ ...shop, ...by, name: 'stable', number: 2 })).toBe(1);
    expect(await labels.all(shop)).toEqual([{ name: 'stable', number: 2, at: 8_000 }]);
    expect(await labels.move({ ...shop, ...by, name: 'stable', number: undefined })).toBe(2);
    expect(await labels.all(shop)).toEqual([]);
    expect(await store.auditLog.newest(2)).toMatchObject([
      { action: 'registry.label', actor: 'cli:ann', before: { number: 2 } },
      { before: { number: 1 }, after: { name: 'stable', number: 2 } },
    ]);
  });

  it('keeps checks, the newest of each variant, with what was published of them', async () => {
    const store = await openAt(await fresh());
    await using stack = new AsyncDisposableStack();
    stack.defer(() => store.close());
    const { checks } = store.registry;
    const next = nextOf('type Query { a: Int }', 0);
    const sections = [{ name: 'composition', outcome: 'passed' }];
    const check = {
      ...shop,
      at: 6_000,
      actor: 'cli:ann',
      commit: undefined,
      subjects: ['products'],
      contentHash: next.contentHash,
      outcome: 'passed',
      sections,
      report: { sections: [{ findings: ['none'] }] },
    };
    const first = await checks.append(check);
    await checks.append({ ...check, variant: 'other' });
    await store.registry.append(next);
    const second = await checks.append({ ...check, at: 9_000, commit: 'abc', contentHash: 'another' });
    const { report, ...listed } = check;
    expect(await checks.newest(shop, { limit: 5, before: undefined })).toEqual([
      { ...listed, id: second, at: 9_000, commit: 'abc', contentHash: 'another', generation: null },
      { ...listed, id: first, commit: null, generation: 1 },
    ]);
    expect(await checks.newest(shop, { limit: 5, before: second })).toMatchObject([{ id: first }]);
    expect(await checks.check(shop, first)).toMatchObject({ id: first, report });
    expect(await checks.check({ ...shop, variant: 'none' }, first)).toBeUndefined();
    const last = await checks.append({ ...check, at: 9_000 + 90 * 86_400_000 });
    const remaining = await checks.newest(shop, { limit: 5, before: undefined });
    expect(remaining.map(({ id }) => id)).toEqual([last, second]);
    expect(await checks.newest({ ...shop, variant: 'other' }, { limit: 5, before: undefined })).toHaveLength(1);
  });

  it('lets one of two that publish at once go first, whichever store they have open', async () => {
    const config = await fresh();
    await using stack = new AsyncDisposableStack();
    const stores = [await openAt(config), await openAt(config)];
    for (const store of stores) stack.defer(() => store.close());
    const publish = async (store: (typeof stores)[number], index: number) => {
      for (let published = 0; published < 5; ) {
        const head = await store.registry.head(shop);
        const next = nextOf(`type Query { f${index}of${published}: Int }`, head?.number ?? 0);
        if ((await store.registry.append(next)) !== undefined) published++;
      }
    };
    await Promise.all(stores.map(publish));
    const [store] = stores;
    const history = (await store?.registry.history(shop, { limit: 20 })) ?? [];
    expect(history.map(({ number }) => number)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(new Set(history.map(({ contentHash }) => contentHash)).size).toBe(10);
  });

  it('serves a canary beside what serves, until it is promoted or withdrawn', async () => {
    const store = await openAt(await fresh());
    await using stack = new AsyncDisposableStack();
    stack.defer(() => store.close());
    await store.registry.append(nextOf('type Query { a: Int }', 0, { canary: { percent: 5, durationMs: 60_000 } }));
    expect(await store.registry.head(shop)).toEqual({ number: 1, canary: undefined });
    await store.registry.append(
      nextOf('type Query { b: Int }', 1, { canary: { percent: 5, durationMs: 60_000 }, at: 8_000 }),
    );
    expect(await store.registry.head(shop)).toEqual({
      number: 1,
      canary: { number: 2, percent: 5, durationMs: 60_000, since: 8_000 },
    });
    expect(await store.registry.append(nextOf('type Query { c: Int }', 1))).toBeUndefined();
    const end = { ...shop, reason: 'more errors', at: 9_000, actor: 'gateway' };
    expect(await store.registry.endCanary({ ...end, number: 1, outcome: 'withdrawn' })).toBe(false);
    expect(await store.registry.endCanary({ ...end, number: 2, outcome: 'withdrawn' })).toBe(true);
    expect(await store.registry.head(shop)).toEqual({ number: 1, canary: undefined });
    await store.registry.append(nextOf('type Query { c: Int }', 1, { canary: { percent: 50, durationMs: 60_000 } }));
    expect(await store.registry.endCanary({ ...end, number: 3, outcome: 'promoted' })).toBe(true);
    expect(await store.registry.head(shop)).toEqual({ number: 3, canary: undefined });
    expect((await store.auditLog.newest(1))[0]).toMatchObject({ after: { number: 3, reason: 'more errors' } });
  });

  it('reads who published after it was given another key, and no longer with the old one', async () => {
    const config = await fresh();
    const key = 'x'.repeat(32);
    const store = await openAt({ ...config, key });
    await store.registry.append(nextOf('type Query { a: Int }', 0));
    await store.registry.approve(shop, [{ change: 'c1', team: 'pricing' }], { actor: 'cli:ann', at: 8_000 });
    const check = { ...shop, at: 8_000, actor: 'cli:ann', commit: undefined, subjects: [], contentHash: '' };
    const id = await store.registry.checks.append({ ...check, outcome: 'passed', sections: [], report: { at: 1 } });
    await store.close();
    const changed = await openAt({ ...config, key: 'y'.repeat(32), previousKeys: [key] });
    await changed.rekey('cli:ann');
    await changed.close();
    const reader = await openAt({ ...config, key: 'y'.repeat(32) });
    expect(await reader.registry.generation(shop, 1)).toMatchObject({ actor: 'cli:ann' });
    expect(await reader.registry.approvals({ ...shop, variant: 'other' })).toEqual([{ change: 'c1', team: 'pricing' }]);
    expect(await reader.registry.checks.check(shop, id)).toMatchObject({ actor: 'cli:ann', report: { at: 1 } });
    expect((await reader.auditLog.newest(2)).map(({ action }) => action)).toContain('registry.approve');
    await reader.close();
  });
}
