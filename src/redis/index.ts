export { connectRedis, type RedisConnection, type RedisConnectionOptions } from './connect-redis.ts';
export { inTime } from './in-time.ts';
