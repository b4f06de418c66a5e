import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { startWarehouse } from '../../../subgraphs/inventory/rest/warehouse.ts';
import type { RunningService } from '../../../subgraphs/listen.ts';
import { startCatalog } from '../../../subgraphs/products/rest/catalog.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header';
  readonly example?: string | number | boolean;
}
interface Operation {
  readonly parameters: readonly Parameter[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}
interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
}

/** Reads an OpenAPI file with every `$ref` resolved. */
function readOpenApi(text: string): OpenApi {
  const document: unknown = parse(text);
  const resolve = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(resolve);
    if (node === null || typeof node !== 'object') return node;
    if ('$ref' in node) {
      const steps = String(node.$ref).replace('#/', '').split('/');
      return resolve(steps.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], document));
    }
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolve(value)]));
  };
  return resolve(document) as OpenApi;
}

/** Checks an answer against the response that the OpenAPI file describes for its status. */
async function expectDescribed(operation: Operation, answer: Response): Promise<unknown> {
  const described = operation.responses[String(answer.status)];
  expect(described, `status ${answer.status} is described`).toBeDefined();
  const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
  if (described?.content === undefined) {
    expect(await answer.text()).toBe('');
    return undefined;
  }
  const schema = described.content[type]?.schema;
  expect(schema, `${type} is described for ${answer.status}`).toBeDefined();
  const body: unknown = await answer.json();
  const { success, error } = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(body);
  expect(success, error?.message).toBe(true);
  return body;
}

const services = [
  {
    name: 'catalog',
    start: startCatalog,
    file: 'subgraphs/products/rest/openapi.yaml',
    list: '/products',
    item: '/products/{id}',
  },
  {
    name: 'warehouse',
    start: startWarehouse,
    file: 'subgraphs/inventory/rest/openapi.yaml',
    list: '/stock',
    item: '/stock/{id}',
  },
];

describe.each(services)('the $name REST service', ({ start, file, list, item }) => {
  const openApi = readOpenApi(readFileSync(file, 'utf8'));
  const listed = openApi.paths[list]?.get as Operation;
  const single = openApi.paths[item]?.get as Operation;
  const one = item.replace('{id}', 'p1');
  let service: RunningService;
  const get = (path: string, headers: Record<string, string> = {}) => fetch(new URL(path, service.url), { headers });

  beforeAll(async () => {
    service = await start({ port: 0 });
  });
  afterAll(() => service.close());

  it('serves its OpenAPI 3.1 file', async () => {
    const answer = await get('/openapi.yaml');
    expect(answer.headers.get('content-type')).toContain('application/yaml');
    expect(await answer.text()).toBe(readFileSync(file, 'utf8'));
    expect(openApi.openapi).toBe('3.1.0');
    expect(Object.keys(openApi.paths)).toEqual([list, item]);
  });

  it('answers lists and items as described', async () => {
    expect(await expectDescribed(listed, await get(list))).toMatchObject({ items: expect.arrayContaining([]) });
    await expectDescribed(single, await get(one));
  });

  it('accepts every query parameter that is described', async () => {
    const queries = listed.parameters.filter((parameter) => parameter.in === 'query');
    expect(queries.length).toBeGreaterThan(3);
    for (const { name, example } of queries) {
      const answer = await get(`${list}?${name}=${example}`);
      expect(answer.status, name).toBe(200);
      const { items } = (await expectDescribed(listed, answer)) as { items: readonly unknown[] };
      expect(items.length, name).toBeGreaterThan(0);
    }
  });

  it('pages through the whole list by next', async () => {
    const seen: unknown[] = [];
    let path: string | null = `${list}?limit=15`;
    let pages = 0;
    while (path !== null) {
      const page = (await expectDescribed(listed, await get(path))) as { items: unknown[]; next: string | null };
      seen.push(...page.items);
      path = page.next;
      pages++;
    }
    const whole = (await (await get(`${list}?limit=1000`)).json()) as { items: unknown[]; next: string | null };
    expect(pages).toBe(3);
    expect(seen).toEqual(whole.items);
    expect(whole.next).toBeNull();
  });

  it('reads a batch by ids, in their order, without unknown ones', async () => {
    const { items } = (await (await get(`${list}?ids=p7,p99,p2`)).json()) as {
      items: readonly Record<string, unknown>[];
    };
    expect(items.map((found) => found.id ?? found.product_id)).toEqual(['p7', 'p2']);
  });

  it.each([
    'limit=-1',
    'limit=1001',
    'limit=x',
    'after=p99',
    'limt=1',
    'ids=p1&limit=1',
    `ids=${Array.from({ length: 501 }, (_, i) => i)}`,
  ])('refuses ?%s with a problem document', async (query) => {
    const answer = await get(`${list}?${query}`);
    expect(answer.status).toBe(400);
    expect(await expectDescribed(listed, answer)).toMatchObject({ title: 'Bad Request', status: 400 });
  });

  it('answers an unknown item with a problem document', async () => {
    const answer = await get(item.replace('{id}', 'p99'));
    expect(answer.status).toBe(404);
    const instance = item.replace('{id}', 'p99');
    expect(await expectDescribed(single, answer)).toMatchObject({ title: 'Not Found', status: 404, instance });
  });

  it.each([
    ['list', list, listed],
    ['item', one, single],
  ])('answers 304 where the client has the %s already', async (_what, path, operation) => {
    const first = await get(path);
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]+"$/);
    const again = await get(path, { 'if-none-match': `"other", W/${tag}` });
    expect(again.status).toBe(304);
    await expectDescribed(operation, again);
    expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200);
  });
});
