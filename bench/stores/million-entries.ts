/** A million entities in memory: bytes of each, and an invalidation of all of them. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createMemoryStore } from '../../src/cache/index.ts';
import { print } from '../print.ts';

const count = 1_000_000;
const perWave = 50;

export function runMillionEntries(): void {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const store = createMemoryStore({ maxBytes: 4_000_000_000 });
  collectGarbage();
  const before = process.memoryUsage();
  const began = performance.now();
  for (let first = 0; first < count; first += perWave) {
    const tags = ['subgraph:products', 'type:products.Product'];
    const wave = Array.from({ length: perWave }, (_, index) => ({
      key: keyOf(first + index),
      value: `{"id":"p${first + index}","name":"Product","priceCents":1000,"inStock":true,"description":"Lorem ipsum dolor sit"}`,
      ttlMs: 600_000,
      tags,
      readMsAgo: 5,
    }));
    store.setMany(wave);
  }
  const microseconds = ((performance.now() - began) * 1_000) / count;
  collectGarbage();
  const after = process.memoryUsage();
  const bytes = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / count;
  print(`a million entries: ${bytes.toFixed(0)} bytes each (${(after.rss - before.rss) / count} of the process),`);
  print(`  counted as ${(store.bytes / count).toFixed(0)}; stored in ${microseconds.toFixed(1)} microseconds each`);
  const times = Array.from({ length: 20 }, (_, index) => {
    const start = performance.now();
    store.invalidate(index === 0 ? 'type:products.Product' : `type:products.Other${index}`);
    return performance.now() - start;
  });
  if (store.get(keyOf(7)) !== undefined) throw new Error('an invalidated entry was returned');
  print(
    `  all of them are invalidated in ${times[0]?.toFixed(3)} ms; later ones in ${Math.min(...times).toFixed(4)} ms`,
  );
}

function keyOf(index: number): string {
  return `entity:${'k'.repeat(43)} {"__typename":"Product","id":"p${index}"}`;
}
