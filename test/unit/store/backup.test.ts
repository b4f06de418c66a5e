/** A backup that is written while the store is written to, and what a wiped store has after it is restored. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoreConfig } from '../../../src/config/index.ts';
import { backupStore, restoreStore } from '../../../src/store/backup/index.ts';
import { tablesOf } from '../../../src/store/backup/postgres-tables.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { openPostgres } from '../../../src/store/postgres-database.ts';
import { openSqlite } from '../../../src/store/sqlite-database.ts';
import { type PostgresServer, startPostgresServer, withoutPostgres } from '../../testkit/servers/postgres-server.ts';
import { ledgerRow } from './ledger-contract.ts';
import { nextOf } from './registry-contract.ts';
import { storedKey, write } from './store-contract.ts';

let folder: string;
let postgres: PostgresServer | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-backup-'));
  if (!withoutPostgres) postgres = await startPostgresServer();
});
afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const log = { warn: () => undefined };
const common = { previousKeys: [], line: undefined };
const key = 'a secret of the store that is long enough';

const kinds: readonly (readonly [string, () => StoreConfig])[] = [
  ['SQLite', () => ({ ...common, key: undefined, kind: 'sqlite', file: join(folder, 'state.db') })],
  ...(withoutPostgres
    ? []
    : [['PostgreSQL', (): StoreConfig => ({ ...common, key, kind: 'postgres', url: postgres?.url ?? '' })] as const]),
];

const open = (config: StoreConfig): Promise<Store> => openStore({ config, configFile: 'supergraph.yaml', log });

/** All rows of all tables, as text. */
async function rowsOf(config: StoreConfig): Promise<Readonly<Record<string, readonly string[]>>> {
  const db =
    config.kind === 'sqlite'
      ? await openSqlite({ file: config.file, busyTimeoutMs: 1_000 })
      : await openPostgres({ url: config.url, timeoutMs: 5_000, onLost: () => undefined });
  try {
    const named = await sql<{
      name: string;
    }>`select name from sqlite_master where type = 'table' and name like 'isthmus_%'`;
    const tables =
      config.kind === 'postgres' ? await tablesOf(db) : (await named.execute(db)).rows.map(({ name }) => name);
    const entries: [string, string[]][] = [];
    for (const table of tables) {
      const { rows } = await sql`select * from ${sql.table(table)}`.execute(db);
      entries.push([
        table,
        rows.map((row) => inspect(row, { breakLength: Number.POSITIVE_INFINITY, maxStringLength: null })).toSorted(),
      ]);
    }
    return Object.fromEntries(entries.toSorted());
  } finally {
    await db.destroy();
  }
}

/** Changes every kind of table. */
async function change(store: Store, count: number): Promise<void> {
  await write(store, storedKey(`key${count}xxxx`));
  await store.ledger.add([ledgerRow(`row ${count}`, { settled: 9_007_199_254_740_991 - count })]);
  await store.registry.append(nextOf(`type Query { field${count}: Int }`, count));
}

describe.each(kinds)('a store in %s', (name, configOf) => {
  it('is whole in a backup that is written meanwhile, and has its generations, keys and ledger when it is restored', async () => {
    const config = configOf();
    const file = join(folder, `${name}.backup`);
    const restore = (force: boolean) => restoreStore({ config, configFile: 'supergraph.yaml', file, force });
    const store = await open(config);
    await change(store, 0);
    // Under load: what is written is one moment of it, with nothing by halves.
    let isDone = false;
    const writing = (async () => {
      for (let count = 1; !isDone && count < 200; count++) await change(store, count);
    })();
    await backupStore({ config, file, records: true, at: new Date(0) });
    isDone = true;
    await writing;
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    await expect(restore(false)).rejects.toThrow('there is a store');
    await store.close();
    await restore(true);
    const restored = await open(config);
    const keys = (await restored.apiKeys.list()).length;
    const generations = (await restored.registry.history({ graph: 'shop', variant: 'current' }, { limit: 500 })).length;
    expect(keys - generations).toBeOneOf([0, 1]);
    // What is written after it is numbered after it.
    await change(restored, generations);
    await restored.close();

    const before = await rowsOf(config);
    expect(Object.keys(before)).toContain('isthmus_registry_generations');
    await backupStore({ config, file, records: true, at: new Date(0) });
    if (config.kind === 'sqlite') await rm(config.file);
    await restore(true);
    expect(await rowsOf(config)).toEqual(before);
    expect((await readdir(folder)).filter((entry) => entry.startsWith('.isthmus'))).toEqual([]);
  });

  it('is not replaced while a process has it open, where that can be seen', async () => {
    const config = configOf();
    const file = join(folder, `open-${config.kind}.backup`);
    const store = await open(config);
    await backupStore({ config, file, records: false, at: new Date() });
    const clock = await store.clock();
    expect(clock === undefined).toBe(config.kind === 'sqlite');
    expect(Math.abs((clock ?? Date.now()) - Date.now())).toBeLessThan(60_000);
    const restore = () => restoreStore({ config, configFile: 'a.yaml', file, force: true });
    if (config.kind === 'sqlite') await expect(restore()).rejects.toThrow(/a process has .*state\.db open/);
    await store.close();
    await restore();
  });

  it('is not touched by a file that is not what was written, or opens with another key', async () => {
    const config = configOf();
    const file = join(folder, `${name}.damaged`);
    await backupStore({ config, file, records: false, at: new Date(0) });
    const before = await rowsOf(config);
    const whole = await readFile(file);
    const plain = gunzipSync(whole);
    const changed = Buffer.from(plain);
    changed[changed.length - 10] = (changed[changed.length - 10] ?? 0) ^ 1;
    const renamed = plain.toString('latin1').replace(/"path":"[^"]*"/, '"path":"../../outside"');
    const broken: readonly (readonly [Uint8Array, string])[] = [
      [whole.subarray(0, whole.length - 100), 'damaged'],
      [Buffer.from('no gzip'), 'damaged'],
      [gzipSync(changed), 'not what the manifest says'],
      [gzipSync(plain.subarray(0, plain.length - 10)), 'ends too early'],
      [gzipSync(Buffer.concat([plain, Buffer.from('x')])), 'more than the manifest says'],
      [gzipSync(Buffer.from(renamed, 'latin1')), 'a path that is not one'],
      [gzipSync('{"isthmus":"bundle","format":1}\n'), 'no backup'],
    ];
    for (const [bytes, reason] of broken) {
      await writeFile(file, bytes);
      await expect(restoreStore({ config, configFile: 'a.yaml', file, force: true })).rejects.toThrow(reason);
    }
    if (config.kind === 'postgres') {
      await writeFile(file, whole);
      const other = { ...config, key: `another ${key}` };
      await expect(restoreStore({ config: other, configFile: 'a.yaml', file, force: true })).rejects.toThrow(
        'another key',
      );
    }
    expect(await rowsOf(config)).toEqual(before);
  });
});
