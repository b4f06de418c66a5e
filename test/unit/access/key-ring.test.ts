import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ApiKeys } from '../../../src/access/index.ts';
import { KeyRing } from '../../../src/access/keys/key-ring.ts';
import { publishRevisions } from '../../../src/signals/index.ts';
import type { Store } from '../../../src/store/index.ts';
import { twoWorkersSignals } from '../../testkit/processes/worker-signals.ts';
import { safetyLimit } from '../../testkit/safety-limit.ts';
import { openAt } from '../store/store-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-ring-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rights = { name: 'a', tenant: 't', scopes: [], roles: [], models: undefined, expiresAt: undefined };

/** A store that can stop answering; it counts how often it is read. */
async function interruptible(name: string) {
  const store = await openAt({
    kind: 'sqlite',
    file: join(folder, `${name}.db`),
    key: undefined,
    previousKeys: [],
    line: undefined,
  });
  const state = { isDown: false, reads: 0 };
  const apiKeys = Object.create(store.apiKeys) as Store['apiKeys'];
  apiKeys.changesSince = async (revision) => {
    state.reads++;
    if (state.isDown) throw new Error('it is down');
    return store.apiKeys.changesSince(revision);
  };
  return { state, keys: new ApiKeys(store, 'test'), store: { ...store, apiKeys, deriveKey: store.deriveKey } };
}

async function open(name: string, maxStaleMs?: number) {
  const { state, keys, store } = await interruptible(name);
  const warnings: string[] = [];
  const note = (_fields: unknown, message: string): void => void warnings.push(message);
  const ring = await KeyRing.open({ store, log: { warn: note, info: note }, ...(maxStaleMs && { maxStaleMs }) });
  return { state, keys, ring, warnings };
}

const codeOf = async (run: () => unknown): Promise<unknown> => {
  try {
    await run();
    return undefined;
  } catch (error) {
    return (error as { readonly code?: unknown }).code;
  }
};

describe('while the store does not answer', () => {
  it('known keys stay valid, others cannot be checked, and it is logged once', async () => {
    const { state, keys, ring, warnings } = await open('down');
    const [first, second] = [await keys.create(rights), await keys.create(rights)];
    await ring.identify(first.key);
    const third = await keys.create(rights);
    state.isDown = true;
    expect(ring.identify(first.key)).toMatchObject({ id: `key:${first.id}`, kind: 'key' });
    expect(ring.identify(second.key)).toMatchObject({ id: `key:${second.id}` });
    expect(await codeOf(() => ring.identify(third.key))).toBe('AUTHENTICATION_UNAVAILABLE');
    expect(await codeOf(() => ring.identify(third.key))).toBe('AUTHENTICATION_UNAVAILABLE');
    expect(warnings).toEqual(['API keys cannot be read']);
    state.isDown = false;
    expect(await ring.identify(third.key)).toMatchObject({ id: `key:${third.id}` });
    expect(warnings).toHaveLength(2);
    await ring.close();
  });

  it('known keys do not stay valid for ever', async () => {
    const { state, keys, ring } = await open('stale', 50);
    const { key } = await keys.create(rights);
    await ring.identify(key);
    state.isDown = true;
    await expect.poll(() => codeOf(() => ring.identify(key)), { interval: 5 }).toBe('AUTHENTICATION_UNAVAILABLE');
    state.isDown = false;
    await expect
      .poll(() => codeOf(() => ring.identify(key)), { timeout: safetyLimit(1_000), interval: 5 })
      .toBeUndefined();
    await ring.close();
  });
});

it('a worker that is told of changes reads the store for those alone, and a revoked key ends with it', async () => {
  const { state, keys, store } = await interruptible('told');
  const { first, second, close } = twoWorkersSignals();
  const ring = await KeyRing.open({ store, log: { warn() {}, info() {} }, teller: { signals: first, store: 'a' } });
  const created = await keys.create(rights);
  await ring.identify(created.key);
  const tell = async () => publishRevisions({ signals: second, store: 'a' }, await store.revisions());
  const reads = state.reads;
  // For longer than the time after which it looks itself.
  for (let turn = 0; turn < 45; turn++) {
    await tell();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(state.reads - reads).toBeLessThanOrEqual(1);
  await keys.revoke(created.id);
  await tell();
  await expect.poll(() => codeOf(() => ring.identify(created.key)), { interval: 5 }).toBe('UNAUTHENTICATED');
  await ring.close();
  close();
});

it('a thousand requests with unknown keys read the store twice at most', async () => {
  const { state, ring } = await open('flood');
  const reads = state.reads;
  const unknown = Array.from({ length: 1_000 }, () => `ist_zzzzzzzz_${'A'.repeat(43)}`);
  const codes = await Promise.all(unknown.map((key) => codeOf(() => ring.identify(key))));
  expect(new Set(codes)).toEqual(new Set(['UNAUTHENTICATED']));
  expect(state.reads - reads).toBeLessThanOrEqual(2);
  await ring.close();
});
