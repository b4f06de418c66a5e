import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SegmentImport } from '../../../../src/ai/ledger/import-segments.ts';
import type { SegmentRow } from '../../../../src/ai/ledger/segment-lines.ts';
import { SegmentWriter } from '../../../../src/ai/ledger/segment-writer.ts';
import { createTextCipher } from '../../../../src/lib/index.ts';
import type { LedgerRow } from '../../../../src/observability/index.ts';

const root = mkdtempSync(join(tmpdir(), 'isthmus-ledger-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const cipher = createTextCipher(randomBytes(32));
const payer = { principal: 'Berta', kind: 'user', tenant: 'acme', team: undefined, client: 'shop' };

function setUp(options: { readonly maxBytes?: number } = {}) {
  const folder = mkdtempSync(join(root, 'run-'));
  const stored = new Map<string, LedgerRow>();
  const unreadable: number[] = [];
  let fails = false;
  const table = {
    async add(rows: readonly LedgerRow[]) {
      if (fails) throw new Error('the store is away');
      for (const row of rows) if (!stored.has(row.id)) stored.set(row.id, row);
    },
  };
  const open = (holder: number) =>
    new SegmentWriter({ folder, holder, cipher, onFailure: () => undefined, ...options });
  const onUnreadable = (_file: string, lines: number) => unreadable.push(lines);
  const openImport = () => new SegmentImport({ folder, table, cipher, onUnreadable });
  const fail = (is: boolean) => {
    fails = is;
  };
  const sum = () => [...stored.values()].reduce((total, { settled }) => total + settled, 0);
  return { folder, stored, unreadable, open, openImport, fail, sum };
}

function rowOf(writer: SegmentWriter, of: Partial<SegmentRow> = {}): SegmentRow {
  return {
    at: 1_000,
    payer: writer.seal(payer),
    door: 'graphql',
    operation: undefined,
    field: 'Product.summary',
    prompt: undefined,
    alias: 'smart',
    model: 'p/m',
    traffic: 'live',
    inputTokens: 0,
    outputTokens: 0,
    usageSource: undefined,
    priceSource: undefined,
    priceVersion: undefined,
    priceDate: undefined,
    cached: undefined,
    reserved: 100,
    settled: 100,
    tokens: 10,
    calls: 1,
    outcome: 'lost',
    requestId: undefined,
    ...of,
  };
}

describe('the segments of the ledger', () => {
  it('are imported as they are settled, each row once, and removed when they are complete', async () => {
    const { folder, stored, open, openImport, sum } = setUp({ maxBytes: 2_000 });
    const writer = open(2);
    const reading = openImport();
    const early = writer.charged(rowOf(writer));
    for (let call = 0; call < 50; call++) {
      const id = writer.charged(rowOf(writer));
      writer.settled(id, rowOf(writer, { settled: call, outcome: 'ok' }));
      if (call % 7 === 0) await reading.importSettled();
    }
    await reading.importSettled();
    expect(stored.size).toBe(50);
    expect(sum()).toBe(1_225);
    expect(stored.values().next().value).toMatchObject({ ...payer, field: 'Product.summary', outcome: 'ok' });
    expect(readdirSync(folder)).toHaveLength(1);
    writer.settled(early, rowOf(writer, { settled: 7, outcome: 'ok' }));
    writer.close();
    await reading.importEnded();
    expect(sum()).toBe(1_232);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that a thread leaves at its end come to what it settled, and to the bound of what it did not', async () => {
    const { stored, open, openImport, sum } = setUp({ maxBytes: 2_000 });
    const [ended, other] = [open(2), open(3)];
    const reading = openImport();
    other.charged(rowOf(other));
    const lost = ended.charged(rowOf(ended, { settled: 1_000 }));
    for (let call = 0; call < 20; call++) ended.settled(ended.charged(rowOf(ended)), rowOf(ended, { settled: 1 }));
    await reading.importSettled();
    await reading.importEnded(2);
    expect(sum()).toBe(1_020);
    expect(stored.get(lost)).toMatchObject({ outcome: 'lost', settled: 1_000 });
    await reading.importEnded();
    expect(sum()).toBe(1_120);
  });

  it('stay while the store is away', async () => {
    const { folder, stored, open, openImport, fail } = setUp({ maxBytes: 1_000 });
    const writer = open(1);
    const reading = openImport();
    fail(true);
    for (let call = 0; call < 10; call++) {
      writer.settled(writer.charged(rowOf(writer)), rowOf(writer));
      await expect(reading.importSettled()).rejects.toThrow('away');
    }
    expect(readdirSync(folder).length).toBeGreaterThan(3);
    fail(false);
    await reading.importSettled();
    expect(stored.size).toBe(10);
  });

  it('lose no whole line by one that was torn or overwritten', async () => {
    const { folder, stored, unreadable, open, openImport } = setUp();
    const writer = open(1);
    writer.settled(undefined, rowOf(writer));
    const file = join(folder, readdirSync(folder)[0] ?? '');
    appendFileSync(file, '\0\0\0\ns x {"at":1}\n');
    writer.settled(undefined, rowOf(writer));
    appendFileSync(file, 's y {"at":1,"pay');
    await openImport().importEnded();
    expect(stored.size).toBe(2);
    expect(unreadable).toEqual([2]);
    expect(existsSync(file)).toBe(false);
  });

  it('hold no name in plain text, and belong to their owner alone', () => {
    const { folder, open } = setUp();
    const writer = open(1);
    writer.settled(undefined, rowOf(writer));
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name), 'utf8')).not.toMatch(/Berta|acme|shop/);
      expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
    }
  });

  it('that cannot be written are held, and written when they can be', async () => {
    const { folder, stored, open, openImport } = setUp();
    rmSync(folder, { recursive: true });
    const writer = open(1);
    for (let call = 0; call < 3; call++) writer.settled(undefined, rowOf(writer));
    const { mkdirSync } = await import('node:fs');
    mkdirSync(folder);
    writer.close();
    await openImport().importEnded();
    expect(stored.size).toBe(3);
  });

  it('written with another key are left as they are', async () => {
    const { folder, open } = setUp();
    const writer = open(1);
    writer.settled(undefined, rowOf(writer));
    const other = new SegmentImport({
      folder,
      table: { add: async () => undefined },
      cipher: createTextCipher(randomBytes(32)),
      onUnreadable: () => undefined,
    });
    await expect(other.importEnded()).rejects.toThrow('another key');
    expect(readdirSync(folder)).toHaveLength(1);
  });
});
