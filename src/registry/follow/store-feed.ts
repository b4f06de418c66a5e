/** The generations of a store that this process has open itself: looked at four times a second, one small query each. */

import { setTimeout as wait } from 'node:timers/promises';
import type { GraphRef } from '../../config/index.ts';
import type { Store } from '../../store/index.ts';
import { createSigningKey, type SigningKey } from '../generation/index.ts';
import { type GenerationFeed, isSameServed } from './generation-feed.ts';
import { servedOf } from './served-of.ts';

const pollMs = 250;
const longestWaitMs = 30_000;

/** What generations of a store are signed with: it is the same in every process that has the store. */
export function signingKeyOf(store: Pick<Store, 'deriveKey'>): SigningKey {
  return createSigningKey(store.deriveKey('registry signatures'));
}

/** @param store closed with the feed */
export function createStoreFeed(store: Store, ref: GraphRef): GenerationFeed {
  const key = signingKeyOf(store);
  return {
    async next(known, signal) {
      const endsAt = performance.now() + longestWaitMs;
      for (let lastRevision: number | undefined; ; ) {
        const revision = await store.registry.revision();
        if (revision !== lastRevision) {
          lastRevision = revision;
          const served = await servedOf(store.registry, key, ref);
          if (known === undefined || !isSameServed(served, known)) return served;
        }
        if (performance.now() > endsAt) return undefined;
        await wait(pollMs, undefined, { signal, ref: false });
      }
    },
    texts: async (hashes) => store.registry.texts(hashes),
    async endCanary(end) {
      await store.registry.endCanary({ ...ref, ...end, at: Date.now(), actor: 'gateway' });
    },
    close: () => store.close(),
  };
}
