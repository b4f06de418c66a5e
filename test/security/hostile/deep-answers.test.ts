import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@shareable"])';
const resolveReference = (reference: object) => reference;
const subgraphs = {
  things: {
    sdl: `${federation}
      scalar Json
      type Query { things: [Thing!]  nothing: Int }
      type Thing @key(fields: "id") { id: ID!  name: String  json: Json @shareable  rows: [[Int]]  part: Part }
      type Part @shareable { size: Json }`,
    resolvers: { Query: { things: () => [{ id: 't1', name: 'one', json: { a: 1 }, rows: [[1]], part: { size: 1 } }] } },
  },
  more: {
    sdl: `${federation}
      scalar Json
      type Thing @key(fields: "id") { id: ID!  json: Json @external  part: Part @external
        weight: Int @requires(fields: "json")  volume: Int @requires(fields: "part { size }") }
      type Part @shareable { size: Json }`,
    resolvers: { Thing: { __resolveReference: resolveReference, weight: () => 1, volume: () => 2 } },
  },
};

let gateway: TestGateway;
beforeAll(async () => {
  const yaml = `traffic: { all: { retries: 0, breaker: { enabled: false } } }
errors: { mode: pass-through, allowed_extensions: [deep, code] }`;
  gateway = await startTestGateway({ subgraphs, yaml });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => {
  for (const subgraph of Object.values(gateway.subgraphs)) subgraph.intercept = undefined;
});

const levels = 1_000_000;
const lists = '['.repeat(levels) + ']'.repeat(levels);
const objects = `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const thing = (fields: string, errors = '') =>
  `{"data":{"things":[{"__typename":"Thing","id":"t1",${fields}}]}${errors}}`;

function say(body: string): void {
  const { things } = gateway.subgraphs;
  if (things === undefined) throw new Error('there is such a subgraph');
  things.intercept = (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  };
}

describe('an answer a million levels deep', () => {
  it.each([
    ['as the body', lists, '{ things { name } }', 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['as the data', `{"data":${objects}}`, '{ things { name } nothing }', undefined],
    ['as a list', `{"data":{"things":${lists}}}`, '{ things { name } }', 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['as a list of entities', `{"data":{"things":${lists}}}`, '{ things { weight } }', 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['as a custom scalar', thing(`"json":${objects}`), '{ things { json } }', 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['as a string', thing(`"name":${objects}`), '{ things { name } }', 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['as rows', thing(`"rows":${lists}`), '{ things { rows } }', 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['as what another requires', thing(`"json":${objects}`), '{ things { weight } }', undefined],
    ['within what another requires', thing(`"part":${lists}`), '{ things { volume } }', undefined],
    [
      'as a key',
      `{"data":{"things":[{"__typename":"Thing","id":${objects},"json":1}]}}`,
      '{ things { weight } }',
      undefined,
    ],
    [
      'in an error’s extensions',
      thing('"name":null', `,"errors":[{"message":"no","path":["things",0,"name"],"extensions":{"deep":${objects}}}]`),
      '{ things { name } }',
      'DOWNSTREAM_SERVICE_ERROR',
    ],
    [
      'in an error’s path',
      thing('"name":null', `,"errors":[{"message":"no","path":["things"${',0'.repeat(levels)}]}]`),
      '{ things { name } }',
      'DOWNSTREAM_SERVICE_ERROR',
    ],
  ] as const)('%s makes its own fields null with a coded error', async (_name, body, query, code) => {
    say(body);
    const { status, errors } = await gateway.query(query);
    expect(status).toBe(200);
    const codes = errors?.map(({ extensions }) => extensions.code) ?? [];
    expect(codes).not.toContain('INTERNAL_SERVER_ERROR');
    if (code !== undefined) expect(codes).toContain(code);
    expect(gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
    say(thing('"name":"fine"'));
    expect((await gateway.query('{ things { name } }')).data).toEqual({ things: [{ name: 'fine' }] });
  });

  it('custom scalars may be two hundred levels deep', async () => {
    const deep = (count: number) => '['.repeat(count) + ']'.repeat(count);
    say(thing(`"json":${deep(200)}`));
    expect((await gateway.query('{ things { json } }')).errors).toBeUndefined();
    say(thing(`"json":${deep(201)}`));
    expect((await gateway.query('{ things { json } }')).errors).toHaveLength(1);
  });
});
