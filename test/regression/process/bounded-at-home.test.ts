/** What Isthmus keeps for itself has bounds and an owner: hashes of queries in memory, compiled code on disk. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileCacheFolder } from '../../../src/cli/compile-cache.ts';
import { PersistedQueries } from '../../../src/transport/persisted-queries.ts';

describe('hashes of persisted queries', () => {
  it('are cached within a bound of characters, however long the queries are', () => {
    const persisted = new PersistedQueries();
    for (let count = 0; count < 2_000; count++) persisted.hashOf(`query Q${count} { ${'field '.repeat(8_000)} }`);
    expect(persisted.size).toBeLessThanOrEqual(2_000_000);
    for (let count = 0; count < 50_000; count++) persisted.hashOf(`query Q${count} { a }`);
    expect(persisted.size).toBeLessThanOrEqual(2_000_000);
    const huge = `query Huge { ${'field '.repeat(1_000_000)} }`;
    expect(persisted.hashOf(huge)).toBe(persisted.hashOf(huge));
    expect(persisted.size).toBeLessThanOrEqual(2_000_000);
  });
});

describe('compiled code', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'isthmus-home-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));
  const folder = (environment: NodeJS.ProcessEnv = {}) => compileCacheFolder({ HOME: home, ...environment });

  it('lies in a folder of the user’s own', () => {
    expect(folder()).toBe(join(home, '.cache/isthmus'));
    expect(folder({ XDG_CACHE_HOME: join(home, 'xdg') })).toBe(join(home, 'xdg/isthmus'));
    expect(folder({ XDG_CACHE_HOME: 'relative' })).toBe(join(home, '.cache/isthmus'));
  });

  it('not in a folder that others can write, and not through a link', () => {
    const place = join(home, '.cache/isthmus');
    mkdirSync(place, { recursive: true });
    chmodSync(place, 0o777);
    expect(folder()).not.toBe(place);
    rmSync(place, { recursive: true });
    symlinkSync(tmpdir(), place);
    expect(folder()).not.toBe(place);
  });

  it('not in the shared folder of all users if there is no home', () => {
    expect(compileCacheFolder({ HOME: '/nonexistent/of/nobody\0' })).not.toBe(join(tmpdir(), 'node-compile-cache'));
  });
});
