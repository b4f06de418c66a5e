/** What operations use: by what they name, in their documents and their variables. */
import { getOperationAST, getVariableValues, type OperationDefinitionNode, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { documentCoordinates } from '../../../src/usage/coordinates/document-coordinates.ts';
import { documentText } from '../../../src/usage/coordinates/document-text.ts';
import { variableReader } from '../../../src/usage/coordinates/variable-coordinates.ts';
import { Random } from '../../testkit/random/random.ts';
import { randomOperation } from '../../testkit/random/random-operation.ts';
import { newSeed, randomRuns } from '../../testkit/random/random-runs.ts';
import { reducedSchema, schema } from './schema.ts';

/** What the schema itself names: it is never without them. */
const inDefaults = 'Kind.BOOK Kind.TOY By.NAME Order.by Order.down Currency.USD Currency.EUR Range.from'.split(' ');

function read(query: string, variables: Readonly<Record<string, unknown>> = {}, name?: string) {
  const document = parse(query);
  const operation = getOperationAST(document, name);
  if (operation == null) throw new Error('no such operation');
  const found = new Set<string>();
  const isWhole = variableReader(schema, operation)?.(variables, found);
  return { ...documentCoordinates(schema, document, operation), inVariables: [...found].sort(), isWhole, operation };
}

describe('the coordinates of an operation', () => {
  it('are the types, fields and arguments that its document names, through fragments, aliases and @skip', () => {
    const { named, inLiterals, isWhole } = read(
      `
      query Page($no: Boolean!) { other: node(id: "p1") { id ...Name @skip(if: $no) ... on Shop { title } __typename } }
      fragment Name on Product { title: name }
      fragment Unused on Product { price }
      query Other { old }`,
      {},
      'Page',
    );
    expect(named).toEqual([
      'Node',
      'Node.id',
      'Product',
      'Product.name',
      'Query',
      'Query.node',
      'Query.node.id',
      'Shop',
      'Shop.title',
    ]);
    expect(inLiterals).toEqual([]);
    expect(isWhole).toBeUndefined();
  });

  it('are enum values and input fields of literals, apart where a signature leaves them out', () => {
    const { named, inLiterals } = read(
      '{ products(currency: EUR, filter: { kind: TOY, and: [{ kinds: [[FOOD]] }] }) { id } }',
    );
    expect(named).toContain('Currency.EUR');
    expect(named.filter((name) => /^(Kind|Filter)/.test(name))).toEqual([]);
    expect([...inLiterals].sort()).toEqual([
      'Filter',
      'Filter.and',
      'Filter.kind',
      'Filter.kinds',
      'Kind',
      'Kind.FOOD',
      'Kind.TOY',
    ]);
  });

  it('are those of the defaults of variables, which name what the schema must have', () => {
    const { named, inLiterals } = read(
      'query($c: Currency = EUR, $o: Order = { by: PRICE }) { products(currency: $c, order: $o) { id } }',
    );
    expect(named).toEqual(expect.arrayContaining(['Currency', 'Currency.EUR', 'Order', 'Query.products.order']));
    expect([...inLiterals].sort()).toEqual(['By', 'By.PRICE', 'Order.by']);
  });

  it('are none of introspection', () => {
    expect(
      read('{ __schema { types { fields(includeDeprecated: true) { name } } } __type(name: "Product") { name } }')
        .named,
    ).toEqual(['Query']);
  });

  it('are enum values and input fields of variables, in lists and in one another', () => {
    const query =
      'mutation($input: [ProductInput!]!, $f: Filter) { save(input: $input) { shop { products(kind: BOOK) { id } } } }';
    const variables = {
      input: [
        { name: 'a', kind: 'FOOD' },
        { name: 'b', range: { currency: 'USD', to: null } },
      ],
      f: null,
    };
    expect(read(query, variables).inVariables).toEqual([
      'Currency',
      'Currency.USD',
      'Kind',
      'Kind.FOOD',
      'ProductInput',
      'ProductInput.kind',
      'ProductInput.name',
      'ProductInput.range',
      'Range',
      'Range.currency',
      'Range.to',
    ]);
    expect(read('query($k: Kind) { search(text: "a", in: [$k]) { __typename } }', { k: 'TOY' }).inVariables).toEqual([
      'Kind',
      'Kind.TOY',
    ]);
  });

  it('are never what a client made up', () => {
    const query = 'query($f: Filter, $text: String!) { search(text: $text, where: $f) { __typename } }';
    const variables = {
      text: 'Berta',
      f: { Berta: 1, kind: 'Berta', since: { kind: 'BOOK' }, __proto__: { kind: 'TOY' }, price: ['Berta', { to: {} }] },
    };
    expect(read(query, variables).inVariables).toEqual([
      'Filter',
      'Filter.kind',
      'Filter.price',
      'Filter.since',
      'Range',
      'Range.to',
    ]);
    expect(read(query, { f: 'Berta', text: 'x' }).inVariables).toEqual([]);
  });

  it('are none of the literals of scalars, whose names are their client’s', () => {
    const query = '{ products(filter: { since: { Berta: [BERTA, { no: "x" }] }, not: { since: [BERTA] } }) { id } }';
    const { inLiterals } = read(query);
    expect([...inLiterals].sort()).toEqual(['Filter', 'Filter.not', 'Filter.since']);
    const document = parse(query);
    const text = documentText(schema, document, getOperationAST(document) as OperationDefinitionNode);
    expect(text).toContain('filter: {since: "", not: {since: [""]}}');
    expect(validate(schema, parse(text))).toEqual([]);
  });

  it('are read from as many values as a request may reasonably have, and no more', () => {
    const query = 'query($f: Filter) { products(filter: $f) { id } }';
    const kinds = (count: number) => ({ f: { kinds: [Array.from({ length: count }, () => 'TOY')] } });
    expect(read(query, kinds(9_000)).isWhole).toBe(true);
    expect(read(query, kinds(1_000_000)).isWhole).toBe(false);
  });

  it('are what a schema needs for an operation, and all that it needs', () => {
    const random = new Random(newSeed('coordinates'));
    for (let run = randomRuns(25); run > 0; run--) {
      const { query, variables, operationName } = randomOperation({
        schema,
        random,
        ids: ['p1'],
        shadowing: true,
        mutations: 0.3,
      });
      const document = parse(query);
      const { named, inLiterals, inVariables, operation } = read(query, variables, operationName);
      const wanted = {
        kind: document.kind,
        definitions: document.definitions.filter(
          (node) =>
            node.kind !== 'OperationDefinition' ||
            node === document.definitions.find((other) => other.loc?.start === operation.loc?.start),
        ),
      };
      const inDocument = new Set([...named, ...inLiterals]);
      const used = new Set([...inDocument, ...inVariables, ...inDefaults]);
      const enough = reducedSchema((coordinate) => used.has(coordinate));
      const problem = () => `${query}\n${JSON.stringify(variables)}`;
      expect(validate(enough, wanted), problem()).toEqual([]);
      expect(
        getVariableValues(enough, operation.variableDefinitions ?? [], variables).errors,
        problem(),
      ).toBeUndefined();
      const members = [...inDocument].filter((coordinate) => coordinate.includes('.'));
      if (members.length === 0) continue; // __typename alone
      const left = random.pick(members);
      const tooLittle = reducedSchema((coordinate) => coordinate !== left);
      const text = documentText(schema, document, operation);
      expect(validate(schema, parse(text)), `${problem()}\n${text}`).toEqual([]);
      expect(validate(tooLittle, wanted), `${problem()}\nwithout ${left}`).not.toEqual([]);
    }
  });
});
