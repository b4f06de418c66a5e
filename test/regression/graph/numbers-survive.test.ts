/** Numbers that no JavaScript number is equal to arrive digit for digit, on every way through the gateway. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])';
const store = `${link}
scalar Long scalar Decimal scalar JSON
input Filter { id: ID exact: Decimal tags: [ID] }
type Query { thing: Thing things: [Thing] anything: JSON ratio: Float count: Int label: String code: ID echo(j: JSON, f: Filter, d: Decimal, l: [Long], r: Float, id: ID): JSON }
type Thing @key(fields: "id") { id: Long!  price: Decimal }
`;
const labels = `${link}
scalar Long scalar Decimal
type Thing @key(fields: "id") { id: Long!  price: Decimal @external  label: String @requires(fields: "price") }
`;

/** What the two subgraphs were sent, as text, and what they answer. */
const sent: string[] = [];
let answers: Readonly<Record<string, string>> = {};

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ subgraphs: { store: { sdl: store }, labels: { sdl: labels } } });
  for (const [name, subgraph] of Object.entries(gateway.subgraphs)) subgraph.intercept = answerOf(name);
});
afterAll(() => gateway[Symbol.asyncDispose]());

function answerOf(name: string) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    let text = '';
    request.on('data', (chunk) => {
      text += String(chunk);
    });
    request.on('end', () => {
      sent.push(text);
      response.writeHead(200, { 'content-type': 'application/json' }).end(answers[name]);
    });
  };
}

async function ask(body: string, given: Readonly<Record<string, string>>): Promise<string> {
  answers = given;
  sent.length = 0;
  const response = await fetch(gateway.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return response.text();
}

const query = (text: string, variables = '{}'): string => `{"query":${JSON.stringify(text)},"variables":${variables}}`;
const awkward = [
  '9007199254740993',
  '-12345678901234567890',
  '1e400',
  '-1E-400',
  '0.1234567890123456789',
  '1.0000000000000000',
  '123456789012345678901234567890.5e3',
];

describe('numbers of an answer', () => {
  it.each(awkward)('arrive as %s, alone and inside a custom scalar', async (number) => {
    const value = `{"deep":[{"n":${number}},${number},1.5,"${number}"]}`;
    const text = await ask(query('{ anything list: things { price } }'), {
      store: `{"data":{"anything":${value},"things":[{"price":${number}},{"price":2.5}]}}`,
    });
    expect(text).toBe(`{"data":{"anything":${value},"list":[{"price":${number}},{"price":2.5}]}}`);
  });

  it('are coerced as GraphQL’s scalars define', async () => {
    const text = await ask(query('{ ratio count label code }'), {
      store:
        '{"data":{"ratio":0.1234567890123456789,"count":7.00000000000000000,"label":9007199254740993,"code":9007199254740993}}',
    });
    expect(text).toBe(
      '{"data":{"ratio":0.1234567890123456789,"count":7,"label":"9007199254740993","code":"9007199254740993"}}',
    );
  });

  it('are refused where a Float or an Int cannot be that large', async () => {
    const text = await ask(query('{ ratio count }'), { store: '{"data":{"ratio":1e400,"count":9007199254740993}}' });
    expect(JSON.parse(text)).toMatchObject({
      data: { ratio: null, count: null },
      errors: [{ path: ['ratio'] }, { path: ['count'] }],
    });
  });

  it('are exact in representations, as keys and as required fields', async () => {
    const text = await ask(query('{ things { id label } }'), {
      store:
        '{"data":{"things":[{"__typename":"Thing","id":9007199254740993,"price":0.10000000000000000001},{"__typename":"Thing","id":9007199254740992,"price":1e400}]}}',
      labels: '{"data":{"_entities":[{"label":"a"},{"label":"b"}]}}',
    });
    expect(text).toBe('{"data":{"things":[{"id":9007199254740993,"label":"a"},{"id":9007199254740992,"label":"b"}]}}');
    expect(sent[1]).toContain('"id":9007199254740993');
    expect(sent[1]).toContain('"price":0.10000000000000000001');
    expect(sent[1]).toContain('"price":1e400');
  });

  it('inside texts are unchanged', async () => {
    const value = '["9007199254740993, 1e400","[1e400]",{"-0":" 12345678901234567890 "}]';
    expect(await ask(query('{ anything }'), { store: `{"data":{"anything":${value}}}` })).toBe(
      `{"data":{"anything":${value}}}`,
    );
  });
});

describe('numbers of a request', () => {
  const echoed = { store: '{"data":{"echo":1,"echo__0":1}}' };

  it.each(awkward)('reach the subgraph as %s in a variable', async (number) => {
    await ask(
      query(
        'query ($j: JSON, $d: Decimal, $l: [Long]) { echo(j: $j, d: $d, l: $l) }',
        `{"j":{"a":[${number}]},"d":${number},"l":[1,${number}]}`,
      ),
      echoed,
    );
    expect(sent[0]).toContain(`{"a":[${number}]}`);
    expect(sent[0]).toContain(`:${number},`);
    expect(sent[0]).toContain(`[1,${number}]`);
  });

  it('reach it from a GET', async () => {
    answers = echoed;
    sent.length = 0;
    const search = new URLSearchParams({
      query: 'query ($j: JSON) { echo(j: $j) }',
      variables: '{"j":9007199254740993}',
    });
    await fetch(`${gateway.url}?${search}`, { headers: { 'apollo-require-preflight': '1' } });
    expect(sent[0]).toContain('9007199254740993');
  });

  it('reach it as IDs, in a list and in an input object', async () => {
    await ask(
      query(
        'query ($f: Filter, $id: ID) { echo(f: $f, id: $id) }',
        '{"f":{"id":9007199254740993,"exact":1e400,"tags":[9007199254740995]},"id":9007199254740997}',
      ),
      echoed,
    );
    expect(sent[0]).toContain('{"id":9007199254740993,"exact":1e400,"tags":[9007199254740995]}');
    expect(sent[0]).toContain(':9007199254740997');
  });

  it('are refused as graphql-js refuses them where their type has no room', async () => {
    const text = await ask(query('query ($r: Float) { echo(r: $r) }', '{"r":1e400}'), echoed);
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    expect(sent).toEqual([]);
  });

  it('reach it from literals and defaults, also together with variables', async () => {
    await ask(
      query(
        'query ($j: JSON = {n: 9007199254740993, m: [1e400]}, $x: Int) { echo(j: $j, d: 0.12345678901234567890) echo2: echo(j: {x: $x, big: 9007199254740995, in: [1e500, $x]}, f: {id: 9007199254740997, exact: 12345678901234567890.5, tags: [$id, 9007199254740999]}) }'.replace(
          '[$id, ',
          '[',
        ),
        '{"x":5}',
      ),
      echoed,
    );
    for (const one of [
      '{"n":9007199254740993,"m":[1e400]}',
      '0.12345678901234567890',
      '9007199254740995',
      '1e500',
      '"9007199254740997"',
      '12345678901234567890.5',
      '"9007199254740999"',
    ])
      expect(sent[0]).toContain(one);
    expect(sent[0]).not.toMatch(/9007199254740992|Infinity|null/);
  });
});
