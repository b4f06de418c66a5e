import fc from 'fast-check';
import { buildSchema, type FragmentDefinitionNode, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { Denials } from '../../../../src/access/index.ts';
import type { DataObject } from '../../../../src/execution/data/data.ts';
import { AnswerWriter } from '../../../../src/execution/shape/answer-writer.ts';
import { clientPath, clientPaths } from '../../../../src/execution/shape/client-path.ts';
import { compileShape } from '../../../../src/execution/shape/compile-shape.ts';
import { introspector } from '../../../../src/execution/shape/introspect.ts';
import { pieces } from '../../../../src/execution/shape/pieces.ts';
import { ExactNumber } from '../../../../src/lib/index.ts';

const schema = buildSchema(`
  scalar Any
  enum E { X Y }
  interface I { id: ID }
  type A implements I { id: ID s: String! b: Boolean i: Int f: Float e: E any: Any a: A req: A! }
  type B implements I { id: ID n: Int }
  type Query { a: A l: [A!] m: [[Int!]] i: I version: String! }`);

function writer(query: string, denials?: Denials) {
  const document = parse(query);
  const operation = document.definitions[0] as OperationDefinitionNode;
  const fragments = new Map(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as [string, FragmentDefinitionNode]] : [],
    ),
  );
  const shape = compileShape(
    {
      schema,
      fragments,
      included: () => true,
      failing: () => false,
      keyOf: ({ name }) => name.value,
      refusalOf: () => undefined,
      onCompiled: () => {},
      denials,
    },
    schema.getQueryType() as never,
    operation.selectionSet,
  );
  return { shape, introspect: introspector(schema, { operation, fragments }, {}) };
}

function write(query: string, data: DataObject, shared: ReadonlySet<DataObject> = new Set(), denials?: Denials) {
  const { shape, introspect } = writer(query, denials);
  const writeOnce = () => {
    const out = new AnswerWriter({ introspect, shared });
    shape.write(data, out);
    return {
      text: String(out.finish()),
      violations: out.violations.map(({ responsePath }) => responsePath.join('.')),
    };
  };
  const first = writeOnce();
  expect(inPieces(1)).toEqual(first);
  // Objects that are written often have their fields written in groups.
  for (let count = 0; count < 120; count++) writeOnce();
  expect(writeOnce()).toEqual(first);
  for (const maxPartLength of [1, 20, 100_000]) expect(inPieces(maxPartLength)).toEqual(first);
  return first;

  /** Gone through without keeping its text, then written in pieces. */
  function inPieces(maxPartLength: number) {
    const out = new AnswerWriter({ introspect, shared });
    out.isLong = true;
    shape.write(data, out);
    const { hasRolledBack } = out;
    const options = { root: shape.root, data, shared, introspect, hasRolledBack, maxPartLength, pieceBytes: 1 };
    return {
      text: Buffer.concat([...pieces(options)]).toString(),
      violations: out.violations.map(({ responsePath }) => responsePath.join('.')),
    };
  }
}

describe('an answer', () => {
  it.each([
    [
      'the client’s keys and order',
      '{ x: a { s id } }',
      { a: { id: '1', s: 'a', extra: 1 } },
      '{"x":{"s":"a","id":"1"}}',
    ],
    [
      'fields of fragments, merged',
      '{ a { s ...F ... on I { id } } } fragment F on A { i id }',
      { a: { s: '', i: 1, id: 'x' } },
      '{"a":{"s":"","i":1,"id":"x"}}',
    ],
    [
      'abstract types by what an object is',
      '{ i { id ... on B { n } __typename } }',
      { i: { __typename: 'B', id: 1, n: 2 } },
      '{"i":{"id":"1","n":2,"__typename":"B"}}',
    ],
    ['lists of lists', '{ m }', { m: [[1], null, []] }, '{"m":[[1],null,[]]}'],
    [
      'every leaf',
      '{ a { b i f e any } }',
      { a: { b: false, i: -1, f: 1.5, e: 'X', any: { k: [1] } } },
      '{"a":{"b":false,"i":-1,"f":1.5,"e":"X","any":{"k":[1]}}}',
    ],
    [
      'exact numbers, digit for digit',
      '{ a { any } }',
      { a: { any: new ExactNumber('12345678901234567890') } },
      '{"a":{"any":12345678901234567890}}',
    ],
    ['introspection', '{ __type(name: "B") { name } }', {}, '{"__type":{"name":"B"}}'],
  ])('has %s', (_name, query, data, text) => {
    expect(write(query, data)).toEqual({ text, violations: [] });
  });

  it.each([
    ['a leaf of the wrong type', '{ a { i } }', { a: { i: 'x' } }, '{"a":{"i":null}}', ['a.i']],
    ['an unknown value of an enum', '{ a { e } }', { a: { e: 'Z' } }, '{"a":{"e":null}}', ['a.e']],
    ['an object of no type', '{ i { __typename } }', { i: { id: 1 } }, '{"i":null}', ['i']],
    [
      'a null in a non-null place, carried up',
      '{ a { id req { s } } }',
      { a: { id: '1', req: { s: null } } },
      '{"a":null}',
      ['a.req.s'],
    ],
    ['a null in a list of non-null items', '{ l { id } }', { l: [{ id: '1' }, null] }, '{"l":null}', ['l.1']],
    ['a null at the root', '{ version }', {}, 'null', ['version']],
  ])('has null and a violation for %s', (_name, query, data, text, violations) => {
    expect(write(query, data)).toEqual({ text, violations });
  });

  it('writes an object at several places once, and with its violations each time', () => {
    const item = { id: '1', s: 'x' };
    expect(write('{ l { id s } }', { l: [item, item] }, new Set([item])).text).toBe(
      '{"l":[{"id":"1","s":"x"},{"id":"1","s":"x"}]}',
    );
    const wrong = { id: '1', i: 'x' };
    expect(write('{ l { id i } }', { l: [wrong, wrong] }, new Set([wrong])).violations).toEqual(['l.0.i', 'l.1.i']);
  });

  it('is the same whichever of its fields can be written together', () => {
    const whole = { id: '1', s: 's', b: true, i: 1, f: 1.5, e: 'X', any: 'x', a: { id: '2', s: 't' }, l: [] };
    const wrong = { id: 7, s: 9, b: 'yes', i: 1.5, f: -0, e: 'Z', any: { deep: [1] }, a: [], req: {} };
    const query = '{ l { __typename id s b i f e any a { s id } last: s } }';
    for (const key of Object.keys(wrong)) {
      const l = [whole, { ...whole, [key]: wrong[key as keyof typeof wrong] }, { ...whole, [key]: null }, {}, whole];
      const { text, violations } = write(query, { l });
      const [first] = (JSON.parse(text) as { readonly l: readonly unknown[] | null }).l ?? [];
      if (first !== undefined)
        expect(first).toEqual({ __typename: 'A', ...whole, a: { s: 't', id: '2' }, l: undefined, last: 's' });
      expect(violations.length > 0).toBe(true);
    }
  });

  it('is complete where an object has more objects than are written together', () => {
    const l = Array.from({ length: 300 }, (_, index) => ({ id: `${index}`, s: 's', a: { id: 'a', s: 's' } }));
    expect(JSON.parse(write('{ l { id s a { id s } } }', { l }).text)).toEqual({ l });
  });

  it('is complete where it is far longer than one flush', () => {
    const l = Array.from({ length: 3_000 }, (_, index) => ({ id: `é${index}`, s: 'x'.repeat(20) }));
    expect(JSON.parse(write('{ l { id s } }', { l }).text)).toEqual({ l });
  });
});

describe('an answer in pieces', () => {
  it('shows masked lists as the whole one does', () => {
    const mask = (text: string): string | null => (text === '13' ? null : `…${text.slice(-1)}`);
    const denials: Denials = {
      outcome: 'masked',
      reportedIn: 'errors',
      isDenied: () => false,
      isTypeDenied: () => false,
      decided: () => new Map(),
      readingOf: () => ({ isReadable: true, masks: new Map() }),
      maskOf: (_type, { name }) => (name.value === 'm' || name.value === 's' ? mask : undefined),
    };
    const lists = Array.from({ length: 40 }, (_, row) => Array.from({ length: 40 }, (_none, index) => row + index));
    const data = { m: lists, l: [{ s: 'one' }, { s: '13' }, { s: 'two' }], a: { id: '1', s: '13' } };
    const { text } = write('{ m l { s } a { id s } }', data, new Set(), denials);
    expect(text).not.toMatch(/\d\d|one|two/);
    expect(text).toMatch(/"l":null,"a":null/);
  });

  it('is the whole one, whatever is null, of another type or missing in it', () => {
    const leaf = fc.constantFrom('1', '', null, undefined, 'X', 7, 1.5, true, 'é', {}, [[1]]);
    const { object } = fc.letrec<{ object: DataObject }>((tie) => {
      const item = fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('object'));
      const l = fc.oneof(leaf, fc.array(item, { maxLength: 4 }));
      const record = { id: leaf, s: leaf, i: leaf, e: leaf, l, a: item, req: item };
      return { object: fc.record(record, { requiredKeys: [] }) };
    });
    const m = fc.array(fc.oneof(leaf, fc.array(leaf)), { maxLength: 3 });
    const data = fc.record({
      l: fc.array(object, { maxLength: 4 }),
      a: object,
      m,
      version: fc.constantFrom('v', null),
    });
    const query = `{ a { ...F a { ...F } req { ...F req { ...F } } } l { ...F req { ...F a { ...F } } } m again: l { s } version }
      fragment F on A { id s i e }`;
    const { shape, introspect } = writer(query);
    fc.assert(
      fc.property(data, fc.nat({ max: 60 }), (values, maxPartLength) => {
        const whole = new AnswerWriter({ introspect, shared: new Set() });
        shape.write(values as DataObject, whole);
        const dropped = new AnswerWriter({ introspect, shared: new Set() });
        dropped.isLong = true;
        shape.write(values as DataObject, dropped);
        expect(dropped.violations).toEqual(whole.violations);
        const { hasRolledBack } = dropped;
        const { root } = shape;
        const options = { root, data: values as DataObject, shared: new Set<DataObject>(), introspect, hasRolledBack };
        const written = [...pieces({ ...options, maxPartLength, pieceBytes: 1 })];
        expect(Buffer.concat(written).toString()).toBe(String(whole.finish()));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a client’s path', () => {
  const { shape } = writer('{ one: a { s x: id } two: a { y: id a { id } } }');
  const data = { a: { id: '1', a: { id: '2' } } };

  it('has the client’s keys, once for each alias', () => {
    expect(clientPaths(shape.root, data, ['a', 'id'], 9)).toEqual([
      ['one', 'x'],
      ['two', 'y'],
    ]);
    expect(clientPaths(shape.root, data, ['a', 'id'], 1)).toHaveLength(1);
  });

  it('ends where the client’s selection does', () => {
    expect(clientPath(shape.root, data, ['a', 'a', 'unknown'])).toEqual(['two', 'a']);
  });

  it('has the indexes of lists', () => {
    const list = writer('{ all: l { name: s } }').shape;
    expect(clientPath(list.root, { l: [{}, { s: 1 }] }, ['l', 1, 's'])).toEqual(['all', 1, 'name']);
  });
});
