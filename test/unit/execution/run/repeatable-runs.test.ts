/**
 * A run is repeated only while each of its requests is answered with the same cached entries: over subgraphs whose answers change, fail and
 * stop being cached at random, every answer is the one that a run of its own would have.
 */
import { buildSubgraphSchema } from '@apollo/subgraph';
import { buildASTSchema, execute, getOperationAST, parse } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anonymous } from '../../../../src/access/principal.ts';
import { GatewayError } from '../../../../src/errors/index.ts';
import { createIsthmusEngine, type ExecutionEngine, JsonText } from '../../../../src/execution/index.ts';
import { repeatRun } from '../../../../src/execution/run/repeatable-runs.ts';
import { Deadline, MemoryBudget } from '../../../../src/lib/index.ts';
import { createLogger } from '../../../../src/observability/index.ts';
import { createPlannerPool } from '../../../../src/planning/index.ts';
import { compose } from '../../../../src/supergraph/index.ts';
import type { RequestContext, SubgraphClient } from '../../../../src/transport/index.ts';
import { Random } from '../../../testkit/random/random.ts';
import { newSeed, randomRuns } from '../../../testkit/random/random-runs.ts';

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])';
const sources = [
  {
    name: 'products',
    sdl: `${link} type Query { products(first: Int): [Product!]! } type Product @key(fields: "id") { id: ID! name: String }`,
  },
  {
    name: 'stock',
    sdl: `${link} type Product @key(fields: "id") { id: ID! stock: Int depots: [Depot!] } type Depot { city: String }`,
  },
].map((source) => ({ ...source, url: `http://127.0.0.1/${source.name}`, origin: `${source.name}.graphql` }));

/** A value with the version of its cached entry. */
interface Versioned<Value> {
  value: Value;
  version: number;
}

let versions = 0;
const versioned = <Value>(value: Value): Versioned<Value> => ({ value, version: ++versions });

let list: Versioned<readonly string[]>;
let stocks: Map<string, Versioned<number>>;
/** What is not answered from a cache. */
let uncached: ReadonlySet<string>;
let down: ReadonlySet<string>;
const sent: string[] = [];
/** How often data was made of cached entries. */
let made = 0;

const log = createLogger({ level: 'silent' });
const planners = createPlannerPool({ log });
const maxBytes = 1_000_000;
const budget = new MemoryBudget(maxBytes);
let engine: ExecutionEngine;

type SchemaModule = Extract<Parameters<typeof buildSubgraphSchema>[0], readonly unknown[]>[number];

/** @param versionsOf the versions of what answers a request */
function client(
  name: string,
  resolvers: object,
  versionsOf: (representations: readonly string[], first: number) => readonly number[],
): SubgraphClient {
  const typeDefs = parse(sources.find((source) => source.name === name)?.sdl ?? '');
  const schema = buildSubgraphSchema([{ typeDefs, resolvers } as SchemaModule]);
  return {
    name,
    kind: 'http',
    close: async () => undefined,
    async execute({ query, representationsJson = [], variablesJson = '{}' }) {
      sent.push(name);
      if (down.has(name)) throw new GatewayError('SUBREQUEST_HTTP_ERROR', { service: name, detail: 'it is down' });
      const variables = JSON.parse(variablesJson) as Record<string, number>;
      const variableValues = { ...variables, representations: representationsJson.map((text) => JSON.parse(text)) };
      const { data } = await execute({ schema, document: parse(query), variableValues });
      const own = JSON.parse(JSON.stringify(data)) as Record<string, unknown>;
      if (uncached.has(name)) return { data: own };
      const [first = 0] = Object.values(variables);
      return {
        versions: versionsOf(representationsJson, first),
        get data() {
          made++;
          return own;
        },
      };
    },
  };
}

const idOf = (text: string): string => (JSON.parse(text) as { readonly id: string }).id;

beforeAll(async () => {
  const { supergraphSdl, apiSdl, memberships } = await compose(sources);
  const named = (id: string) => ({ id, name: `name of ${id}` });
  const products = (_: unknown, { first }: { readonly first: number }) => list.value.slice(0, first).map(named);
  const Product = {
    stock: ({ id }: { readonly id: string }) => stocks.get(id)?.value,
    depots: ({ id }: { readonly id: string }) => [{ city: `city of ${id}` }],
  };
  const clients = [
    // An entry for each `first`, as its request is another.
    client('products', { Query: { products } }, (_, first) => [list.version * 10 + first]),
    client('stock', { Product }, (texts) => texts.map((text) => stocks.get(idOf(text))?.version ?? 0)),
  ];
  engine = createIsthmusEngine({
    apiSchema: buildASTSchema(parse(apiSdl)),
    types: memberships,
    planner: await planners.load('repeats', { supergraphSdl, inProcess: [] }),
    clients: new Map(clients.map((each) => [each.name, each])),
    log,
    planDeadlineMs: 10_000,
    errorPolicy: { mode: 'wrapped', allowedExtensions: [], serviceName: true },
    overrideLabels: [],
    caches: budget.group(),
  });
});
afterAll(async () => {
  await engine.close();
  await planners.close();
});
beforeEach(() => {
  list = versioned(['a', 'b', 'c']);
  stocks = new Map(['a', 'b', 'c', 'd'].map((id) => [id, versioned(1)]));
  uncached = new Set();
  down = new Set();
  sent.length = 0;
  made = 0;
});

const document = parse('query ($n: Int) { products(first: $n) { id name stock depots { city } } }');
const operation = getOperationAST(document);

async function ask(n: number, context: Partial<RequestContext> = {}) {
  if (operation == null) throw new Error('there is an operation');
  const outcome = await engine.execute({
    documentHash: 'd',
    document,
    operation,
    operationName: undefined,
    variables: { n },
    context: {
      requestId: 'r',
      principal: anonymous,
      signal: new AbortController().signal,
      deadline: Deadline.in(60_000),
      ...context,
    },
  });
  if (outcome.kind !== 'single' || !(outcome.result.data instanceof JsonText))
    throw new Error('one answer is expected');
  return { data: JSON.parse(outcome.result.data.text) as unknown, errors: outcome.result.errors };
}

const whole = (n: number) => ({
  products: list.value
    .slice(0, n)
    .map((id) => ({ id, name: `name of ${id}`, stock: stocks.get(id)?.value, depots: [{ city: `city of ${id}` }] })),
});

describe('a run whose answers all come from caches', () => {
  it('is repeated without making data, and asks the caches each time', async () => {
    for (let turn = 0; turn < 5; turn++) expect(await ask(2)).toEqual({ data: whole(2), errors: undefined });
    expect(made).toBe(2 * 2);
    expect(sent).toHaveLength(5 * 2);
  });

  it('is run where an answer is another, with what others were answered with already', async () => {
    for (let turn = 0; turn < 3; turn++) await ask(2);
    stocks.set('b', versioned(7));
    sent.length = 0;
    expect((await ask(2)).data).toEqual(whole(2));
    expect(sent).toEqual(['products', 'stock']);
    list = versioned(['d', 'a']);
    sent.length = 0;
    expect((await ask(2)).data).toEqual(whole(2));
    expect(sent).toEqual(['products', 'stock']);
  });

  it('says which request failed', async () => {
    for (let turn = 0; turn < 3; turn++) await ask(2);
    down = new Set(['stock']);
    const { data, errors } = await ask(2);
    expect(data).toMatchObject({
      products: [
        { id: 'a', stock: null },
        { id: 'b', stock: null },
      ],
    });
    expect(errors?.[0]?.extensions?.code).toBe('SUBREQUEST_HTTP_ERROR');
    down = new Set();
    expect(await ask(2)).toEqual({ data: whole(2), errors: undefined });
  });

  it('ends where its client has left', async () => {
    for (let turn = 0; turn < 3; turn++) await ask(2);
    const leaving = new AbortController();
    const answer = ask(2, { signal: leaving.signal });
    leaving.abort(new Error('it has left'));
    await expect(answer).rejects.toThrow('it has left');
  });

  it('is given up at the first answer that is another: a slow one holds up no other', async () => {
    const [changed, slow, last] = [{ after: [] }, { after: [] }, { after: [0] }];
    const plan = { fetches: [changed, slow, last] };
    const requests = new Map(plan.fetches.map((fetch) => [fetch, { request: {}, entities: 0, versions: [1] }]));
    const asked: unknown[] = [];
    const send = (fetch: unknown) => {
      asked.push(fetch);
      return fetch === changed ? Promise.resolve({ versions: [2] }) : new Promise(() => undefined);
    };
    const early = await repeatRun({ plan, requests } as never, { send } as never);
    expect([...(early ?? [])].map(([fetch]) => fetch)).toEqual([changed, slow]);
    expect(asked).toEqual([changed, slow]);
  });

  it('counts among what caches of operations retain, and takes no more than they may', async () => {
    for (let turn = 0; turn < 2; turn++) await ask(2);
    const before = budget.bytes;
    for (let turn = 0; turn < 2; turn++) await ask(50);
    const bytesOfOne = budget.bytes - before;
    expect(bytesOfOne).toBeGreaterThan(JSON.stringify(whole(50)).length);
    for (let n = 51; n < 51 + (2 * maxBytes) / bytesOfOne; n++) for (let turn = 0; turn < 2; turn++) await ask(n);
    expect(budget.bytes).toBeLessThanOrEqual(maxBytes);
  });

  it('is right whatever changes, fails and is no longer cached', async () => {
    const seed = newSeed('repeatable runs');
    for (let number = 0; number < randomRuns(5); number++) {
      const random = new Random(seed + number);
      for (let step = 0; step < 100; step++) {
        const roll = random.next();
        if (roll < 0.1) stocks.set(random.pick(['a', 'b', 'c', 'd']), versioned(step));
        else if (roll < 0.15) list = versioned(['a', 'b', 'c', 'd'].filter(() => random.chance(0.6)));
        else if (roll < 0.2) uncached = new Set(['products', 'stock'].filter(() => random.chance(0.3)));
        else if (roll < 0.25) down = new Set(['products', 'stock'].filter(() => random.chance(0.2)));
        else {
          const n = 1 + random.below(3);
          const { data, errors } = await ask(n);
          const isDown = down.has('products') || (down.has('stock') && whole(n).products.length > 0);
          if (isDown) expect(errors, `SEED=${seed + number}`).toBeDefined();
          else expect({ data, errors }, `SEED=${seed + number}`).toEqual({ data: whole(n), errors: undefined });
        }
      }
    }
  });
});
