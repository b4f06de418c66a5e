/** What operations become, from the thread that serves to the store: sums, samples, what is dropped and what is not there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hourMs } from '../../../src/lib/index.ts';
import { RequestEvent } from '../../../src/observability/index.ts';
import { bucketOf, quantile, quantileError } from '../../../src/observability/records/index.ts';
import { openRecords, type RecordStore } from '../../../src/store/records/index.ts';
import { type MadeOperation, madeCall, madeRequest } from './made-events.ts';
import { allOf, ever, folder, keys, record } from './recording.ts';

const pick = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)] as T;

describe('records', () => {
  it('have sums that are those of a plain computation over all operations, kept or not', async () => {
    let now = 480_000 * 3_600_000;
    await using recording = record({ rate: 1, now: () => now });
    const operations: (MadeOperation & { at: number })[] = Array.from({ length: 3_000 }, (_, index) => ({
      at: now + Math.floor(index / 10) * 20_000,
      name: pick(['Page', 'Cart', 'Search']),
      client: pick(['web', 'app', undefined]),
      tenant: pick(['acme', 'globex', undefined]),
      ms: 0.1 * 10 ** (Math.random() * 5),
      codes: pick([[], [], ['TIMEOUT', 'X']]),
      fields: pick([
        {},
        { 'Product.pitch': [madeCall(), madeCall({ model: 'test/n', costUsd: '1.000000001' })] },
        {
          'Product.pitch': [madeCall()],
          'Review.gist': [madeCall({ finish: 'AI_PROVIDER_ERROR', error: 'AI_PROVIDER_ERROR', usage: undefined })],
        },
      ]),
    }));
    for (const operation of operations) {
      now = operation.at;
      recording.sink.record(madeRequest(operation));
    }
    const store = await recording.store();
    expect((await allOf(store)).length).toBeLessThan(2_900);
    for (const by of [[], ['operation'], ['client', 'tenant'], ['operation', 'client', 'tenant']] as const) {
      const groups = await store.sums({ ...ever, by, everyMs: 3_600_000 });
      const expected = new Map<string, typeof operations>();
      for (const operation of operations) {
        const names = { operation: operation.name, client: operation.client, tenant: operation.tenant };
        const key = JSON.stringify([Math.floor(operation.at / 3_600_000), ...by.map((name) => names[name] ?? null)]);
        expected.set(key, [...(expected.get(key) ?? []), operation]);
      }
      expect(groups).toHaveLength(expected.size);
      for (const group of groups) {
        const key = JSON.stringify([group.at / 3_600_000, ...by.map((name) => group.of.get(name) ?? null)]);
        const of = expected.get(key) ?? [];
        const calls = of.flatMap(({ fields = {} }) => Object.values(fields).flat());
        expect(group.count, key).toBe(of.length);
        expect(group.errors, key).toBe(of.filter(({ codes = [] }) => codes.length > 0).length);
        const nanoUsd = calls.reduce((sum, { costUsd }) => sum + Math.round(Number(costUsd) * 1e9), 0);
        expect(group.nanoUsd, key).toBe(BigInt(nanoUsd));
        expect(group.inputTokens).toBe(calls.reduce((sum, { usage }) => sum + (usage?.inputTokens ?? 0), 0));
        const sorted = of.map(({ ms = 0 }) => ms).sort((a, b) => a - b);
        const p99 = sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0;
        expect(Math.abs(quantile(group.durations, 0.99) - p99) / p99).toBeLessThanOrEqual(quantileError + 1e-6);
      }
    }
    const calls = operations.flatMap(({ fields = {} }) =>
      Object.entries(fields).flatMap(([field, of]) => of.map((call) => ({ field, call }))),
    );
    const perModel = await store.sums({ ...ever, by: ['model', 'field'] });
    expect(perModel).toHaveLength(3);
    for (const { of, count, errors } of perModel) {
      const some = calls.filter(({ field, call }) => call.model === of.get('model') && field === of.get('field'));
      expect([count, errors]).toEqual([some.length, some.filter(({ call }) => call.finish !== 'stop').length]);
    }
    const perField = await store.sums({ ...ever, by: ['field'] });
    const gists = operations.filter(({ fields = {} }) => 'Review.gist' in fields);
    expect(perField.find(({ of }) => of.get('field') === 'Review.gist')?.count).toBe(gists.length);
  });

  it('are sampled above the rate, by weights that add up; with errors and slow ones, all', async () => {
    let now = 1_000_000;
    await using recording = record({ rate: 10, slowMs: 100, now: () => now });
    for (let index = 0; index < 20_000; index++) {
      now += 0.5;
      const codes = index % 100 === 0 ? ['TIMEOUT'] : [];
      recording.sink.record(madeRequest({ codes, ms: index % 100 === 50 ? 150 : 5 }));
    }
    const records = await allOf(await recording.store());
    const usual = records.filter(({ errors, durationMs }) => errors === 0 && durationMs < 100);
    expect(records.filter(({ errors }) => errors > 0).map(({ weight }) => weight)).toEqual(Array(200).fill(1));
    expect(records.filter(({ durationMs }) => durationMs >= 100).map(({ weight }) => weight)).toEqual(
      Array(200).fill(1),
    );
    expect(usual.length).toBeLessThan(220);
    const stoodFor = usual.reduce((sum, { weight }) => sum + weight, 0);
    expect(Math.abs(stoodFor - 19_600)).toBeLessThanOrEqual(512);
  });

  it('have bounded groups: beyond them, operations and clients are other, and tenants stay', async () => {
    await using recording = record({ rate: 1 });
    for (let index = 0; index < 30_000; index++) {
      const names = { name: `Made${index}`, client: `up ${index}`, tenant: `tenant ${index % 3}` };
      recording.sink.record(madeRequest(names));
    }
    const store = await recording.store();
    const groups = await store.sums({ ...ever, by: ['operation', 'client', 'tenant'] });
    expect(groups.length).toBeLessThanOrEqual(2_010);
    expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(30_000);
    const others = groups.filter(({ of }) => of.get('client') === 'other');
    expect(others.map(({ of }) => [of.get('operation'), of.get('tenant')]).sort()).toEqual(
      [0, 1, 2].map((tenant) => ['other', `tenant ${tenant}`]),
    );
    expect((await store.sums({ ...ever, by: ['tenant'] })).map(({ count }) => count)).toEqual([10_000, 10_000, 10_000]);
  }, 20_000);

  it('of requests that were refused before they had an operation have the code; of pages there are none', async () => {
    await using recording = record();
    for (const [door, code] of [
      ['graphql', 'UNAUTHENTICATED'],
      ['v1', undefined],
      ['page', 'NOT_FOUND'],
      ['health', 'X'],
    ] as const) {
      const of = { id: `${door} ${code}`, began: 0, method: 'GET', path: '/', door, clientAddress: '::1' } as const;
      const request = new RequestEvent(of);
      request.code = code;
      request.ended = 1;
      recording.sink.record(request);
    }
    expect(await allOf(await recording.store())).toMatchObject([
      { door: 'graphql', codes: ['UNAUTHENTICATED'], errors: 1, kind: undefined, operation: undefined },
    ]);
  });

  const secret = 'sk-live-9f8e7d6c5b4a';
  const email = 'berta@example.org';
  const hostile: MadeOperation = {
    client: `client of ${email}`,
    tenant: `tenant of ${email}`,
    name: `Name of ${email}`,
    codes: ['X'],
    document: `query A($a: String = "${email}") { me(token: "${secret}", list: ["${email}"]) { id # ${email}\n } }`,
    variables: { email, deep: [{ password: secret, card: 4_111_111_111_111_111 }], isAdmin: true },
  };
  const bytesOf = (path: string): string =>
    readdirSync(path)
      .map((name) => readFileSync(join(path, name), 'latin1'))
      .join('\n');

  it.each([
    ['off', 'off'],
    ['normalised', 'redacted'],
    ['on', 'on'],
  ] as const)(
    'have nobody’s names and no secret in their files: documents %s, variables %s',
    async (documents, variables) => {
      await using recording = record({ documents, variables });
      recording.sink.record(madeRequest(hostile));
      const store = await recording.store();
      const bytes = bytesOf(recording.folder);
      for (const text of [email, secret, 'Berta', '4111', 'isAdmin', 'me(token']) expect(bytes).not.toContain(text);
      const [only] = await allOf(store);
      expect(only).toMatchObject({
        client: hostile.client,
        tenant: hostile.tenant,
        principal: 'Berta',
        operation: undefined,
      });
      const texts = `${only?.document} ${only?.variables}`;
      if (documents === 'off') expect(texts).toBe('undefined undefined');
      if (documents === 'normalised') {
        expect(only?.document).toContain('me(token: "", list: [""])');
        expect(JSON.parse(only?.variables ?? '')).toEqual({
          email: '[string]',
          deep: [{ password: '[string]', card: '[number]' }],
          isAdmin: true,
        });
      }
      if (documents === 'on') {
        expect(only?.document).toBe(hostile.document);
        expect(JSON.parse(only?.variables ?? '')).toMatchObject({ email, deep: [{ password: '[redacted]' }] });
      }
    },
  );

  it('wait while the store fails, are bounded meanwhile, counted where they are dropped, and go on', async () => {
    let fails = true;
    const file = join(folder, 'failing', 'state.records.db');
    const open = async (): Promise<RecordStore> => {
      if (fails) throw new Error('the disk is full');
      return openRecords({ kind: 'sqlite', file, keys }, 1_000);
    };
    await using recording = record({ open, maxWaiting: 100_000 });
    const { sink, log, counts } = recording;
    const came = 2_000;
    for (let index = 0; index < came; index++) {
      sink.record(madeRequest({ id: `r${index}` }));
      if (index % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await expect.poll(() => counts.read().isFailing).toBe(true);
    const { dropped } = counts.read();
    expect(dropped).toBeGreaterThan(100);
    fails = false;
    await expect.poll(() => counts.read().isFailing).toBe(false);
    const store = await recording.store();
    expect(await allOf(store)).toHaveLength(came - dropped);
    expect(counts.read().written).toBe(came - dropped);
    expect((await store.sums({ ...ever, by: [] }))[0]?.count).toBe(came);
    expect(log.filter((line) => line.startsWith('records are dropped'))).toHaveLength(1);
    expect(log).toContain('failing: the disk is full');
    expect(log).toContain('working');
  });

  it('are not summed twice where a batch failed once', async () => {
    await using recording = record();
    const { sink, recorder } = recording;
    const store = await recorder.store();
    const { add } = store;
    let failures = 0;
    store.add = async (batch) => {
      await add.call(store, batch);
      // It was written, and nobody was told: a connection that ends at the commit.
      if (failures++ < 3) throw new Error('the connection ended');
    };
    sink.record(madeRequest({ ms: 7 }));
    await recording.store();
    await expect.poll(() => failures).toBeGreaterThan(3);
    expect(await allOf(store)).toHaveLength(1);
    expect((await store.sums({ ...ever, by: [] }))[0]).toMatchObject({
      count: 1,
      durations: new Map([[bucketOf(7), 1]]),
    });
  });

  it('have one store, whoever asks for it first; and after a failure it is opened again', async () => {
    let opened = 0;
    const file = join(folder, 'once', 'state.records.db');
    await using recording = record({
      open: async () => {
        if (opened++ === 0) throw new Error('the disk is full');
        return openRecords({ kind: 'sqlite', file, keys }, 1_000);
      },
    });
    const { recorder } = recording;
    await expect(recorder.store()).rejects.toThrow('the disk is full');
    const [first, second] = await Promise.all([recorder.store(), recorder.store()]);
    expect(first).toBe(second);
    expect(opened).toBe(2);
  });

  it('that have grown old are deleted where nothing comes any more', async () => {
    let now = Date.now();
    await using recording = record({ now: () => now, pruneEveryMs: 5 });
    const { sink, recorder, counts } = recording;
    sink.record(madeRequest());
    await expect.poll(() => counts.read().written).toBe(1);
    const store = await recorder.store();
    expect(await store.bytes()).toBeGreaterThan(0);
    now += 365 * 24 * hourMs;
    await expect.poll(() => store.bytes()).toBe(0);
  });

  it('are deleted part by part where they are many, and what comes is written in between', async () => {
    await using recording = record();
    const { sink, recorder, counts } = recording;
    const store = await recorder.store();
    const writtenBefore: number[] = [];
    store.prune = async () => {
      writtenBefore.push(counts.read().written);
      if (writtenBefore.length === 1) sink.record(madeRequest());
      return { records: 20_000, hasMore: writtenBefore.length < 2 || counts.read().written < 2 };
    };
    sink.record(madeRequest());
    await expect.poll(() => counts.read().written).toBe(2);
    await expect.poll(() => writtenBefore.at(-1)).toBe(2);
    expect(writtenBefore[0]).toBe(1);
  });
});
