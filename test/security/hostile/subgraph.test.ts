import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { shop } from '../../testkit/graphs/shop.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  const yaml = 'traffic: { all: { timeout: 1s, retries: 0, max_response: 2mb, breaker: { enabled: false } } }';
  gateway = await startTestGateway({ subgraphs: shop, yaml });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => {
  for (const subgraph of Object.values(gateway.subgraphs)) subgraph.intercept = undefined;
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const say =
  (body: string, status = 200, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  };
const entities = (list: unknown) => say(JSON.stringify({ data: { _entities: list } }));

describe('a hostile subgraph', () => {
  it.each([
    ['HTML', say('<html>'), 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['half an answer', say('{"data":{"_enti'), 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['a teapot', say('short and stout', 418), 'SUBREQUEST_HTTP_ERROR'],
    ['a crash page', say('{"stack":"at secret.ts:1"}', 500), 'SUBREQUEST_HTTP_ERROR'],
    ['errors that are an object', say('{"data":{},"errors":{"message":"x"}}'), 'SUBREQUEST_MALFORMED_RESPONSE'],
    [
      'a redirect to the cloud’s metadata',
      say('', 302, { location: 'http://169.254.169.254/' }),
      'SUBREQUEST_HTTP_ERROR',
    ],
    ['too few entities', entities([{ stock: 1 }]), 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['too many entities', entities(Array(9).fill({ stock: 1 })), 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['entities that are no objects', entities([1, 'x', []]), 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['entities that are no list', entities({ 0: {} }), 'SUBREQUEST_MALFORMED_RESPONSE'],
    [
      'values of the wrong type',
      entities([{ stock: {} }, { stock: [] }, { stock: 'many' }]),
      'SUBREQUEST_MALFORMED_RESPONSE',
    ],
    ['integers beyond 32 bits', entities(Array(3).fill({ stock: 2 ** 40 })), 'SUBREQUEST_MALFORMED_RESPONSE'],
    [
      'an answer that is too large',
      say(`{"data":{"_entities":[{"stock":1,"x":"${'x'.repeat(3_000_000)}"}]}}`),
      'SUBREQUEST_MALFORMED_RESPONSE',
    ],
    ['nothing at all', () => {}, 'SUBGRAPH_REQUEST_TIMEOUT'],
    ['a reset', (request: IncomingMessage) => request.socket.resetAndDestroy(), 'SUBREQUEST_HTTP_ERROR'],
  ] as [string, Answer, string][])(
    'that answers %s makes its own fields null with a coded error',
    async (_name, answer, code) => {
      const { stock } = gateway.subgraphs;
      if (stock !== undefined) stock.intercept = answer;
      const { status, data, errors } = await gateway.query('{ products { name stock } }');
      expect(status).toBe(200);
      expect(data.products).toEqual(['Kettle', 'Lamp', 'Radio'].map((name) => ({ name, stock: null })));
      expect(new Set(errors?.map((error) => error.extensions.code))).toEqual(new Set([code]));
      expect(JSON.stringify(errors)).not.toMatch(/127\.0\.0\.1|169\.254|secret|teapot|html|\.ts\b/);
    },
  );

  it('that answers null for entities results in nulls without an error', async () => {
    const { stock } = gateway.subgraphs;
    if (stock !== undefined) stock.intercept = entities([null, { stock: 5 }, null]);
    const { data, errors } = await gateway.query('{ products { stock } }');
    expect({ data, errors }).toEqual({
      data: { products: [{ stock: null }, { stock: 5 }, { stock: null }] },
      errors: undefined,
    });
  });

  it.each([
    ['errors that are null', '{"data":{"_entities":[{"stock":1},{"stock":2},{"stock":3}]},"errors":null}'],
    ['a byte order mark', '\ufeff{"data":{"_entities":[{"stock":1},{"stock":2},{"stock":3}]}}'],
  ])('that answers with %s is read', async (_name, body) => {
    const { stock } = gateway.subgraphs;
    if (stock !== undefined) stock.intercept = say(body);
    const { data, errors } = await gateway.query('{ products { stock } }');
    expect({ data, errors }).toEqual({
      data: { products: [{ stock: 1 }, { stock: 2 }, { stock: 3 }] },
      errors: undefined,
    });
  });

  it('cannot pollute a prototype', async () => {
    const { stock } = gateway.subgraphs;
    const body =
      '{"data":{"__proto__":{"polluted":1},"_entities":[{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"stock":1},null,null]}}';
    if (stock !== undefined) stock.intercept = say(body);
    const { data } = await gateway.query('{ products { stock } }');
    expect(data.products[0]).toEqual({ stock: 1 });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('with forty thousand errors results in a bounded answer and a bounded log', async () => {
    const { stock } = gateway.subgraphs;
    if (stock !== undefined)
      stock.intercept = say(JSON.stringify({ data: null, errors: Array(40_000).fill({ message: 'no' }) }));
    const lines = gateway.log.length;
    const { errors } = await gateway.query('{ products { name stock } }');
    expect(gateway.log.length - lines).toBeLessThan(50);
    expect(errors?.length).toBeLessThanOrEqual(1_000);
    expect(errors?.[0]?.extensions).toEqual({ code: 'DOWNSTREAM_SERVICE_ERROR', service: 'stock' });
  });
});
