import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorTable } from '../../../src/errors/index.ts';
import { shop } from '../../testkit/graphs/shop.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ subgraphs: shop });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const doubling = (levels: number) =>
  Array.from(
    { length: levels },
    (_, level) => `fragment F${level} on Query { ...F${level + 1} ...F${level + 1} }`,
  ).join(' ');

const each = <Text>(count: number, text: (index: number) => Text): readonly Text[] =>
  Array.from({ length: count }, (_, index) => text(index));
const spread = (fragments: number) => each(fragments, (index) => `...A${index}`).join(' ');
const aliased = (fragments: number) =>
  each(fragments, (index) => {
    const fields = each(20, (alias) => `a${index}_${alias}: __typename`);
    return `fragment A${index} on Query { ${fields.join(' ')} }`;
  }).join(' ');

describe('a hostile document', () => {
  it.each([
    ['fragments that double thirty times', `{ ...F0 } ${doubling(30)} fragment F30 on Query { __typename }`],
    ['fragments in a circle', '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'],
    ['15,001 tokens', `{ ${'__typename '.repeat(15_001)} }`],
    ['depth 3,000', `${'{ products '.repeat(3_000)}{ id }${' }'.repeat(3_000)}`],
    ['3,000 nested fragments', `{ ${'... { '.repeat(3_000)} __typename ${' }'.repeat(3_000)} }`],
    [
      'a thousand aliases',
      `{ ${Array.from({ length: 1_000 }, (_, index) => `a${index}: products { id }`).join(' ')} }`,
    ],
    ['a thousand repeated directives', `{ __typename ${'@aa '.repeat(1_000)} }`],
    ['ten thousand fields that do not exist', `{ ${Array.from({ length: 10_000 }, (_, n) => `f${n}`).join(' ')} }`],
    ['a directive two hundred times', `{ __typename ${'@skip(if: false) '.repeat(200)} }`],
    ['a thousand aliases over fifty fragments', `{ ${spread(50)} } ${aliased(50)}`],
    [
      'a fragment and an operation called __schema',
      'query __schema { ...__schema } fragment __schema on Query { __typename }',
    ],
    ['a block text of 500 kB', `{ product(id: """${'x\n'.repeat(250_000)}""") { id } }`],
    ['a hundred thousand escapes', `{ product(id: "${'\\u{1F600}'.repeat(90_000)}") { id } }`],
    ['a comment of 900 kB', `#${'x'.repeat(900_000)}\n{ products { id } }`],
    ['marks that turn the direction of text', '{ products { \u202e id \u202c } }'],
    ['a null byte', '{ \u0000 }'],
    ['an integer beyond every number', `{ product(id: ${'9'.repeat(400)}) { id } }`],
    ['a subscription', 'subscription { products { id } }'],
  ])('with %s is answered or refused with a code, and the next is answered', async (_name, query) => {
    const { status, errors } = await gateway.query(query);
    expect([200, 400]).toContain(status);
    expect(errors?.length ?? 0).toBeLessThanOrEqual(101);
    for (const error of errors ?? []) {
      expect(Object.keys(errorTable)).toContain(error.extensions.code);
      expect(error.extensions.code).not.toBe('INTERNAL_SERVER_ERROR');
      expect(error.message).not.toMatch(/call stack|node_modules|\.ts:/);
    }
    expect((await gateway.query('{ products { id } }')).data.products).toHaveLength(3);
  });

  it('with names of Object.prototype as aliases is answered under these aliases', async () => {
    const query = '{ __proto__: product(id: "p1") { constructor: name hasOwnProperty: stock toString: id } }';
    const response = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    expect(await response.text()).toBe(
      '{"data":{"__proto__":{"constructor":"Kettle","hasOwnProperty":10,"toString":"p1"}}}',
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each(['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}'])(
    'with the variables %s pollutes nothing',
    async (variables) => {
      const body = `{"query":"query ($id: ID = \\"p1\\") { product(id: $id) { id } }","variables":${variables}}`;
      const response = await fetch(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      expect(await response.text()).toBe('{"data":{"product":{"id":"p1"}}}');
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    },
  );

  it('cannot turn a value into syntax', async () => {
    const name = '"; DROP TABLE x; ${jndi:ldap://x} \r\n {{7*7}} " } mutation {';
    const { data } = await gateway.query('mutation ($name: String!) { rename(id: "p1", name: $name) { name } }', {
      name,
    });
    expect(data.rename.name).toBe(name);
  });
});

describe('hidden schemas', () => {
  it('are not revealed by suggestions where introspection is off', async () => {
    await using closed = await startTestGateway({ subgraphs: shop, yaml: 'server: { introspection: false }' });
    const { status, errors } = await closed.query('{ __schema { types { name } } products { nam } }');
    expect(status).toBe(400);
    expect(JSON.stringify(errors)).not.toMatch(/did you mean|apollo/i);
    expect(errors?.map((error) => error.message)).toContain('Introspection is switched off.');
  });
});
