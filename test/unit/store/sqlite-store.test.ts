import { hkdfSync } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import type { StoreConfig } from '../../../src/config/index.ts';
import { describeLedger, ledgerRow } from './ledger-contract.ts';
import { describePeople } from './people-contract.ts';
import { describeRecords, openRecordsOf, operationRecord } from './records-contract.ts';
import { describeRegistryTable } from './registry-contract.ts';
import { describeStore, openAt, storedKey, write } from './store-contract.ts';
import { describeUsage } from './usage-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let stores = 0;
const fresh = (): Extract<StoreConfig, { kind: 'sqlite' }> => {
  stores++;
  return { kind: 'sqlite', file: join(folder, String(stores), 'state.db'), key: undefined, previousKeys: [], line: 7 };
};

describe('a store in SQLite', () => {
  describeStore(fresh);
  describeLedger(fresh);
  describe('its records', () => describeRecords(fresh));
  describe('its usage', () => describeUsage(fresh));
  describe('its people', () => describePeople(fresh));
  describe('its generations', () => describeRegistryTable(fresh));

  it('has names, tenants and actors encrypted, and its files readable by their owner alone', async () => {
    const config = fresh();
    const store = await openAt(config);
    await write(store, storedKey('aaaaaaaa', { tenant: 'the tenant' }));
    await store.ledger.add([ledgerRow('a', { principal: 'Berta', tenant: 'the tenant', team: 'the team' })]);
    const parent = join(config.file, '..');
    const files = readdirSync(parent);
    expect(files).toEqual(expect.arrayContaining(['state.db', 'state.db-wal', 'state.key']));
    for (const name of files) {
      expect(statSync(join(parent, name)).mode & 0o077, name).toBe(0);
      const bytes = readFileSync(join(parent, name), 'latin1');
      for (const text of ['Ann', 'the tenant', 'cli:ann', 'Berta', 'the team', 'the web shop'])
        expect(bytes, `${text} in ${name}`).not.toContain(text);
    }
    await store.close();
  });

  it('has records in a file of their own, which their bound bounds', async () => {
    const config = fresh();
    const records = await openRecordsOf(config);
    const maxBytes = 1_000_000;
    const bounds = { keepMs: 1_000_000_000, maxBytes, aggregatesMs: 1_000_000_000 };
    const fetch = { at: 0, ms: 1, subgraph: 'products', kind: 'root', outcome: 'ok' } as const;
    for (let batch = 0; batch < 12; batch++) {
      const some = Array.from({ length: 500 }, (_, index) =>
        operationRecord(1_000 + batch * 500 + index, { details: { fetches: Array(index % 12).fill(fetch) } }),
      );
      await records.add({ records: some, sums: [] });
      await records.prune(bounds, 10_000);
    }
    const { records: rest } = await records.search({ filter: { from: 0, to: 10_000 }, limit: 10_000 });
    expect(rest.length).toBeGreaterThan(300);
    expect(rest[0]?.at).toBe(6_999);
    await records.close();
    // The batch that went beyond the bound had to be somewhere.
    expect(statSync(config.file.replace('.db', '.records.db')).size).toBeLessThan(maxBytes * 1.6);
  });

  it('refuses to change the audit log and the ledger, by whatever means', async () => {
    const config = fresh();
    const store = await openAt(config);
    await write(store, storedKey('aaaaaaaa'));
    await store.ledger.add([ledgerRow('a')]);
    const direct = new DatabaseSync(config.file);
    const statements = ['update isthmus_audit_log set actor = 1', 'delete from isthmus_audit_log'];
    for (const statement of [...statements, 'update isthmus_ledger set settled = 1', 'delete from isthmus_ledger'])
      expect(() => direct.exec(statement)).toThrow('append-only');
    direct.close();
    await store.close();
  });

  it('is given a configured key in place of the generated one, whose file is gone afterwards', async () => {
    const config = fresh();
    const generated = await openAt(config);
    await write(generated, storedKey('aaaaaaaa'));
    await generated.close();
    const configured = { ...config, key: 'a configured key of 32 characters or more' };
    const store = await openAt(configured);
    expect(await store.rekey('cli:ann')).toEqual({ apiKeys: 1, auditEntries: 1, ledgerNames: 0 });
    await store.close();
    rmSync(config.file.replace('.db', '.key'));
    const next = await openAt(configured);
    expect(await next.apiKeys.list()).toHaveLength(1);
    await next.close();
    const direct = new DatabaseSync(config.file);
    expect(() => direct.exec('delete from isthmus_audit_log')).toThrow('append-only');
    direct.close();
  });

  it('of the first versions goes on deriving from its key', async () => {
    const config = fresh();
    await (await openAt(config)).close();
    const secret = readFileSync(config.file.replace('.db', '.key'), 'utf8').trim();
    const database = new DatabaseSync(config.file);
    database.exec('drop trigger isthmus_ledger_no_delete; drop table isthmus_ledger_start');
    database.exec('create trigger isthmus_ledger_no_delete before delete on isthmus_ledger begin select 1; end');
    database.exec("drop table isthmus_budget_raises; delete from isthmus_revisions where topic <> 'api_keys'");
    for (const table of ['texts', 'generations', 'heads', 'approvals', 'labels', 'checks'])
      database.exec(`drop table isthmus_registry_${table}`);
    database.exec('alter table isthmus_store drop column derivation_secret; update isthmus_store set version = 2');
    database.close();
    const store = await openAt(config);
    const derived = hkdfSync('sha256', secret, 'isthmus store', 'hashing of API keys', 32);
    expect(store.deriveKey('hashing of API keys').equals(Buffer.from(derived))).toBe(true);
    await store.close();
  });

  it('is refused without the file of its generated key', async () => {
    const config = fresh();
    await (await openAt(config)).close();
    rmSync(config.file.replace('.db', '.key'));
    await expect(openAt(config)).rejects.toThrow(/store\.key: .*restore .*state\.key/);
    expect(existsSync(config.file.replace('.db', '.key'))).toBe(false);
  });

  it.each([
    ['a file of another kind', (file: string) => writeFileSync(file, 'x'.repeat(5_000)), 'not an SQLite database'],
    [
      'a newer schema',
      (file: string) => {
        const database = new DatabaseSync(file);
        database.exec("update isthmus_store set version = 99, key_fingerprint = ''");
        database.close();
      },
      'newer version of Isthmus (schema 99',
    ],
    [
      'a damaged file',
      (file: string) => writeFileSync(file, readFileSync(file).fill(0xff, 100, 3_000)),
      'it is damaged',
    ],
  ])('is refused for %s, with its place', async (_what, spoil, message) => {
    const config = fresh();
    await (await openAt(config)).close();
    spoil(config.file);
    await expect(openAt(config)).rejects.toThrow(/^supergraph\.yaml:7: store\.url: /);
    await expect(openAt(config)).rejects.toThrow(message);
  });

  it('is refused below a file', async () => {
    const config = fresh();
    writeFileSync(join(folder, 'file'), '');
    await expect(openAt({ ...config, file: join(folder, 'file', 'state.db') })).rejects.toThrow(
      /store\.url: .*cannot be used/,
    );
  });
});
