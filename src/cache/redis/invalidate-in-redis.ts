import { createRedisStore } from './redis-store.ts';

const redisTimeoutMs = 3_000;

/** Invalidates tags in a Redis that this process has no store for. @returns false if it could not be reached */
export async function invalidateInRedis(url: string, tags: readonly string[]): Promise<boolean> {
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const store = createRedisStore({
    url,
    commandTimeoutMs: redisTimeoutMs,
    onStateChange: (state) => state === 'ready' && resolve(),
  });
  const timer = setTimeout(resolve, redisTimeoutMs);
  try {
    await ready;
    const outcomes = await Promise.all(tags.map((tag) => store.invalidate(tag)));
    return outcomes.every((isDone) => isDone);
  } finally {
    clearTimeout(timer);
    await store.close();
  }
}
