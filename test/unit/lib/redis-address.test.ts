import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../../src/lib/index.ts';

describe('a URL of Redis', () => {
  it.each([
    ['redis://cache', { kind: 'server', nodes: [{ host: 'cache', port: 6_379 }], isTls: false, database: 0 }],
    ['rediss://me:p%40ss@cache:7000/2', { isTls: true, username: 'me', password: 'p@ss', database: 2 }],
    ['redis://:secret@[::1]:6380', { nodes: [{ host: '::1', port: 6_380 }], username: undefined, password: 'secret' }],
    [
      'redis-sentinel://me:pass@a,b:26380/main/3?sentinelPassword=s',
      {
        kind: 'sentinel',
        nodes: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 26_380 },
        ],
        primary: 'main',
        database: 3,
        sentinelPassword: 's',
      },
    ],
    ['rediss-cluster://a:7000,b', { kind: 'cluster', isTls: true, nodes: [{ port: 7_000 }, { port: 6_379 }] }],
  ])('%s is read', (url, expected) => {
    expect(parseRedisUrl(url)).toMatchObject(expected);
  });

  it.each([
    'http://cache',
    'redis://',
    'redis://a,b',
    'redis://a:port',
    'redis://a/b',
    'redis://a/1/2',
    'redis-sentinel://a:26379',
    'redis-cluster://a/1',
    'redis-other://a',
    'redis://a b',
  ])('%s is not one', (url) => {
    expect(parseRedisUrl(url)).toBeUndefined();
  });
});
