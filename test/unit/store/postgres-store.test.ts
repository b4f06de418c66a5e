import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys, KeyRing } from '../../../src/access/index.ts';
import type { StoreConfig } from '../../../src/config/index.ts';
import { openPostgres } from '../../../src/store/postgres-database.ts';
import { safetyLimit } from '../../testkit/safety-limit.ts';
import { type PostgresServer, startPostgresServer, withoutPostgres } from '../../testkit/servers/postgres-server.ts';
import { describeLedger, ledgerRow } from './ledger-contract.ts';
import { describePeople } from './people-contract.ts';
import { describeRecords } from './records-contract.ts';
import { describeRegistryTable } from './registry-contract.ts';
import { describeStore, openAt, storedKey, write } from './store-contract.ts';
import { describeUsage } from './usage-contract.ts';

describe.skipIf(withoutPostgres)('a store in PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgresServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const run = async (url: string, statement: string): Promise<readonly unknown[]> => {
    const client = new pg.Client(url);
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  };
  const fresh = async (): Promise<Extract<StoreConfig, { kind: 'postgres' }>> => {
    const database = `store_${randomBytes(4).toString('hex')}`;
    await run(server.url, `create database ${database}`);
    return {
      kind: 'postgres',
      url: server.url.replace(/postgres$/, database),
      key: 'a key of more than thirty-two characters',
      previousKeys: [],
      line: 7,
    };
  };

  describeStore(fresh);
  describeLedger(fresh);
  describe('its records', () => describeRecords(fresh));
  describe('its usage', () => describeUsage(fresh));
  describe('its people', () => describePeople(fresh));
  describe('its generations', () => describeRegistryTable(fresh));

  it('has names and actors encrypted, and refuses to change the audit log and the ledger', async () => {
    const config = await fresh();
    const store = await openAt(config);
    await write(store, storedKey('aaaaaaaa'));
    const rows = await run(config.url, 'select k::text, a::text from isthmus_api_keys k, isthmus_audit_log a');
    expect(JSON.stringify(rows)).not.toMatch(/Ann|shop|cli:ann/);
    await store.ledger.add([ledgerRow('a', { principal: 'Berta', team: 'the team' })]);
    const ledger = await run(
      config.url,
      'select l::text, n::text, h::text from isthmus_ledger l, isthmus_ledger_names n, isthmus_ledger_hours h',
    );
    expect(JSON.stringify(ledger)).not.toMatch(/Berta|acme|the team|web shop/);
    for (const table of ['isthmus_audit_log', 'isthmus_ledger']) {
      for (const statement of [`update ${table} set at = 1`, `delete from ${table}`, `truncate ${table}`])
        await expect(run(config.url, statement)).rejects.toThrow('append-only');
    }
    await store.close();
    const other = await openAt({
      ...config,
      key: 'another key of more than 32 characters',
      previousKeys: [config.key ?? ''],
    });
    await other.rekey('cli:ann');
    await expect(run(config.url, 'delete from isthmus_audit_log')).rejects.toThrow('append-only');
    await other.close();
  });

  it('is refused with its place where it cannot be reached, without the password', async () => {
    const config = await fresh();
    const wrong = [
      config.url.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1'),
      `${config.url}_of_nobody`,
      config.url.replace('isthmus@', 'nobody:pass-word@'),
    ];
    for (const url of wrong) {
      const refused = openAt({ ...config, url });
      await expect(refused).rejects.toThrow(/^supergraph\.yaml:7: store\.url: PostgreSQL cannot be used: \S/);
      await expect(refused).rejects.not.toThrow('pass-word');
    }
  });

  it('loses a connection in the middle of a query as any other: the query fails', async () => {
    const lost: Error[] = [];
    const db = await openPostgres({ url: server.url, timeoutMs: 60_000, onLost: (error) => lost.push(error) });
    const query = sql`select pg_sleep(60)`.execute(db);
    const activity = "select 1 from pg_stat_activity where query like 'select pg_sleep(60)%' and state = 'active'";
    await expect.poll(() => run(server.url, activity)).toHaveLength(1);
    const failed = expect(query).rejects.toThrow();
    await server.stop();
    await failed;
    await server.start();
    expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
    await db.destroy();
  });

  it('leaves the keys of a gateway valid while it is gone', async () => {
    const config = await fresh();
    const writer = await openAt(config);
    const log = { warn: () => undefined, info: () => undefined };
    const ring = await KeyRing.open({ store: await openAt(config, true), log });
    const rights = { name: 'a', tenant: 't', scopes: [], roles: [], models: undefined, expiresAt: undefined };
    const [known, unknown] = await Promise.all([
      new ApiKeys(writer, 'test').create(rights),
      new ApiKeys(writer, 'test').create(rights),
    ]);
    await ring.identify(known.key);
    await server.stop();
    expect(ring.identify(known.key)).toMatchObject({ id: `key:${known.id}` });
    await expect(Promise.resolve(ring.identify(unknown.key.replace(unknown.id, 'zzzzzzzz')))).rejects.toThrow(
      'cannot be checked',
    );
    await server.start();
    await new ApiKeys(writer, 'test').revoke(known.id);
    const isRefused = async () => {
      try {
        await ring.identify(known.key);
        return false;
      } catch {
        return true;
      }
    };
    await expect.poll(isRefused, { timeout: safetyLimit(2_000) }).toBe(true);
    await ring.close();
    await writer.close();
  });

  it('fails in bounded time while it is paused or gone, and works again afterwards', async () => {
    const store = await openAt(await fresh(), true);
    await store.apiKeys.list();
    await server.pause();
    await expect(store.apiKeys.list()).rejects.toThrow('timeout');
    await server.resume();
    await expect.poll(() => store.apiKeys.list().catch(String)).toEqual([]);
    await server.stop();
    await expect(store.apiKeys.list()).rejects.toThrow();
    await server.start();
    await expect.poll(() => store.apiKeys.list().catch(String)).toEqual([]);
    await store.close();
  });
});
