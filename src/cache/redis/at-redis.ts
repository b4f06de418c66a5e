import { createRedisStore, type RedisStore } from './redis-store.ts';

const timeoutMs = 3_000;

/** Works with a Redis that this thread has no store for. Where it cannot be reached, its calls fail. */
export async function atRedis<Result>(url: string, work: (store: RedisStore) => Promise<Result>): Promise<Result> {
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const store = createRedisStore({
    url,
    commandTimeoutMs: timeoutMs,
    onStateChange: (state) => state === 'ready' && resolve(),
  });
  const timer = setTimeout(resolve, timeoutMs);
  try {
    await ready;
    return await work(store);
  } finally {
    clearTimeout(timer);
    await store.close();
  }
}

/** @returns false if it could not be reached */
export function invalidateInRedis(url: string, tags: readonly string[]): Promise<boolean> {
  return atRedis(url, async (store) => {
    const outcomes = await Promise.all(tags.map((tag) => store.invalidate(tag)));
    return outcomes.every((isDone) => isDone);
  });
}
