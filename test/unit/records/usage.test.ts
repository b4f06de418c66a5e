/** What operations use, from the events of requests to the store. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getOperationAST, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { operationSignature } from '../../../src/http/graphql/operation-signature.ts';
import { hourMs } from '../../../src/lib/index.ts';
import type { ParsedOperation, RequestEvent } from '../../../src/observability/index.ts';
import { coordinateTotals, operationTotals, WindowedUsage } from '../../../src/usage/index.ts';
import { schema } from '../usage/schema.ts';
import { type MadeOperation, madeRequest } from './made-events.ts';
import { ever, record } from './recording.ts';

interface Used extends MadeOperation {
  readonly version?: string;
}

const operations = new Map<string, ParsedOperation & { readonly signature: string }>();

function used(query: string, { version, ...of }: Used = {}): RequestEvent {
  let parsed = operations.get(query);
  if (parsed === undefined) {
    const document = parse(query);
    const operation = getOperationAST(document);
    if (operation == null) throw new Error('one operation');
    const signature = operationSignature(document, operation);
    parsed = { document, operation, schema, signature };
    operations.set(query, parsed);
  }
  const request = madeRequest(of);
  request.clientVersion = version;
  const [event] = request.operations;
  if (event !== undefined) Object.assign(event, { parsed, signature: parsed.signature });
  return request;
}

describe('usage', () => {
  it('has each operation of each client, its errors and how long it took', async () => {
    await using recording = record();
    const { sink } = recording;
    sink.record(used('query A { node(id: "p1") { id } }', { client: 'web', version: '1', ms: 10 }));
    sink.record(used('query A { node(id: "p2") { id } }', { client: 'web', version: '1', ms: 30, codes: ['X', 'Y'] }));
    sink.record(used('query A { node(id: "p2") { id } }', { client: 'web', version: '2', ms: 20 }));
    sink.record(used('{ old }'));
    const usage = await (await recording.store()).usage(ever);
    expect(new Set(usage.map(({ graph }) => graph))).toEqual(new Set(['shop@current']));
    const totals = operationTotals(usage);
    expect(totals).toMatchObject([
      {
        kind: 'query',
        operationName: 'A',
        document: 'query A {\n  node(id: "") {\n    id\n  }\n}',
        requests: 3,
        errors: 1,
        averageMs: 20,
        maxMs: 30,
        clients: [
          { name: 'web', version: '1', requests: 2 },
          { name: 'web', version: '2', requests: 1 },
        ],
      },
      {
        operationName: undefined,
        requests: 1,
        errors: 0,
        clients: [{ name: undefined, version: undefined, requests: 1 }],
      },
    ]);
    expect(
      Object.fromEntries(
        [...coordinateTotals(usage)].map(([name, { requests, operations: of }]) => [name, [requests, of]]),
      ),
    ).toEqual({
      Node: [3, 1],
      'Node.id': [3, 1],
      Query: [4, 2],
      'Query.node': [3, 1],
      'Query.node.id': [3, 1],
      'Query.old': [1, 1],
    });
  });

  it('counts a coordinate once for a request, wherever the request names it', async () => {
    await using recording = record();
    const query =
      'query($f: Filter, $c: Currency = EUR) { products(currency: $c, filter: $f) { id } other: products(filter: { kind: TOY }) { id } }';
    recording.sink.record(used(query, { variables: { f: { kind: 'TOY', and: [{ kind: 'TOY' }, { kind: 'FOOD' }] } } }));
    recording.sink.record(used(query, { variables: { c: 'EUR' } }));
    const totals = coordinateTotals(await (await recording.store()).usage(ever));
    const requests = (coordinate: string) => totals.get(coordinate)?.requests;
    expect(
      [
        'Product.id',
        'Query.products.filter',
        'Filter.kind',
        'Kind.TOY',
        'Currency.EUR',
        'Filter.and',
        'Kind.FOOD',
        'Currency.USD',
      ].map(requests),
    ).toEqual([2, 2, 2, 2, 2, 1, 1, undefined]);
  });

  it('has nothing of what is not valid, of /v1, or where it is off', async () => {
    await using recording = record();
    recording.sink.record(madeRequest({ document: '{ nothing }', codes: ['GRAPHQL_VALIDATION_FAILED'] }));
    expect(await (await recording.store()).usage(ever)).toEqual([]);
    await using off = record({ usageMs: undefined });
    off.sink.record(used('{ old }'));
    expect(await (await off.store()).usage(ever)).toEqual([]);
  });

  it('has no value that a client sent, and no name of a client in the clear', async () => {
    await using recording = record();
    const query =
      'query Search($text: String!, $f: Filter) { search(text: $text, where: $f) { __typename } products(filter: { since: "Berta literal", price: { from: 4711 } }) { name } }';
    recording.sink.record(
      used(query, {
        client: 'client of Berta',
        version: 'version of Berta',
        variables: { text: 'Berta text', f: { since: 'Berta day', kind: 'Berta kind', Berta: 1 } },
      }),
    );
    const store = await recording.store();
    const usage = await store.usage(ever);
    expect(usage[0]).toMatchObject({ client: 'client of Berta', clientVersion: 'version of Berta' });
    expect(JSON.stringify(usage[0]?.operation) + JSON.stringify([...(usage[0]?.inputs ?? [])])).not.toMatch(
      /Berta|4711/,
    );
    const files = readdirSync(recording.folder).map((name) => readFileSync(join(recording.folder, name), 'latin1'));
    expect(files.join()).toContain('Product.name');
    expect(files.join()).not.toMatch(/Berta|4711/);
  });

  it('bounds clients and operations of an hour, counts all of them, and has every coordinate still', async () => {
    await using recording = record();
    const { sink } = recording;
    for (let index = 0; index < 2_600; index++)
      sink.record(used('{ old }', { client: `client ${index}`, version: '1' }));
    for (let index = 0; index < 1_000; index++)
      sink.record(used(`query Q${index} { node(id: "p1") { id } }`, { client: 'web' }));
    const last = 'query Last($k: [Kind!]) { search(text: "a", in: $k) { ... on Shop { title } } }';
    sink.record(used(last, { client: 'web', variables: { k: ['FOOD'] } }));
    const usage = await (await recording.store()).usage(ever);
    expect(usage.length).toBeLessThan(3_100);
    expect(usage.reduce((sum, { count }) => sum + count, 0)).toBe(3_601);
    const totals = coordinateTotals(usage);
    expect([
      totals.get('Query.old')?.requests,
      totals.get('Node.id')?.requests,
      totals.get('Shop.title')?.requests,
      totals.get('Kind.FOOD')?.requests,
    ]).toEqual([2_600, 1_000, 1, 1]);
    expect(operationTotals(usage).find(({ signature }) => signature === undefined)?.requests).toBeGreaterThan(0);
  });

  it('is told by the hour in which it ended', async () => {
    let now = 100 * hourMs - 1;
    await using recording = record({ now: () => now });
    recording.sink.record(used('{ old }'));
    now++;
    recording.sink.record(used('{ old }'));
    recording.sink.record(used('query B { old }'));
    const store = await recording.store();
    const counts = async (from: number) => (await store.usage({ from, to: now + 1 })).map(({ count }) => count);
    expect([await counts(99 * hourMs), await counts(100 * hourMs)]).toEqual([
      [2, 1],
      [1, 1],
    ]);
  });
});

describe('the usage of a window', () => {
  it('is read once, without the clients that do not count', async () => {
    await using recording = record();
    recording.sink.record(used('query A { old }', { client: 'web' }));
    recording.sink.record(used('query A { old }', { client: 'robot' }));
    recording.sink.record(used('query B { old }', { client: 'robot' }));
    const store = await recording.store();
    let reads = 0;
    const reader = new WindowedUsage((request) => {
      reads++;
      return store.usage(request);
    });
    const all = { ...ever, excludedClients: [] };
    const some = { ...ever, excludedClients: ['robot'] };
    expect([await reader.requests(all), await reader.requests(some)]).toEqual([3, 1]);
    expect([...(await reader.coordinates(['Query.old', 'Query.node'], some))]).toMatchObject([
      ['Query.old', { requests: 1, operations: 1 }],
    ]);
    expect((await reader.mostUsed(1, all)).map(({ operationName, requests }) => [operationName, requests])).toEqual([
      ['A', 2],
    ]);
    expect(reads).toBe(1);
  });
});
