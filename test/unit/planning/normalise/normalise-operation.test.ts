import { buildSchema, type FieldNode, type OperationDefinitionNode, parse, type SelectionNode } from 'graphql';
import { describe, expect, it } from 'vitest';
import { normaliseOperation } from '../../../../src/planning/index.ts';

const schema = buildSchema(`
  interface Media { id: ID! title(short: Boolean): String }
  type Film implements Media { id: ID! title(short: Boolean): String length: Int }
  type Book implements Media { id: ID! title(short: Boolean): String pages: Int }
  union Found = Film | Book
  type Query { media: Media films: [Film!]! found: Found size: Int constructor: Int }
  type Mutation { add(n: Int): Int }`);

function normalise(text: string, included: (selection: SelectionNode) => boolean = () => true) {
  const { definitions } = parse(text);
  const operation = definitions.find(
    (definition) => definition.kind === 'OperationDefinition',
  ) as OperationDefinitionNode;
  const fragments = new Map(
    definitions.flatMap((definition) =>
      definition.kind === 'FragmentDefinition' ? [[definition.name.value, definition] as const] : [],
    ),
  );
  return { operation, ...normaliseOperation({ schema, operation, fragments, included }) };
}

describe('a normalised operation', () => {
  it.each([
    ['merges fields of one name, whatever their aliases', '{a: media{id} b: media{id} media{id}}', '{media{id}}'],
    ['inlines fragments', '{media{...F}} fragment F on Media{id}', '{media{id}}'],
    ['drops conditions that always hold', '{films{...on Media{id}...on Film{length}}}', '{films{id length}}'],
    [
      'drops conditions that never hold',
      '{media{id ...on Film{...on Book{pages}}}}',
      '{media{id ...on Film{__typename}}}',
    ],
    [
      'writes a union as its types',
      '{media{id ...on Found{...on Film{length}}}}',
      '{media{id ...on Film{length} ...on Book{__typename}}}',
    ],
    ['gives fields with arguments numbered keys', '{media{title}}', '{media{title__0:title}}'],
    ['gives names of Object.prototype numbered keys', '{constructor}', '{constructor__0:constructor}'],
    ['selects no __typename of the root', '{__typename}', ''],
    ['selects __typename if nothing else is left', '{media{__typename}}', '{media{__typename}}'],
  ])('%s', (_name, text, normalised) => {
    expect(normalise(text).text).toBe(normalised);
  });

  it('has one key for equal arguments and another for different ones', () => {
    const { text, operation, keyOf } = normalise(
      '{media{a: title(short: true) b: title(short: false) c: title(short: true)}}',
    );
    expect(text).toBe('query($v0:Boolean,$v1:Boolean){media{title__0:title(short:$v0) title__1:title(short:$v1)}}');
    const [media] = operation.selectionSet.selections as readonly FieldNode[];
    const fields = media?.selectionSet?.selections as readonly FieldNode[];
    expect(fields.map(keyOf)).toEqual(['title__0', 'title__1', 'title__0']);
  });

  it('executes a mutation once for each response key', () => {
    expect(normalise('mutation{a: add(n: 1) b: add(n: 1)}').text).toBe(
      'mutation($v0:Int){add__0:add(n:$v0) add__1:add(n:$v0)}',
    );
  });

  it('omits what @skip and @include exclude', () => {
    expect(normalise('{size @skip(if: true) media{id}}', ({ directives = [] }) => directives.length === 0).text).toBe(
      '{media{id}}',
    );
  });

  it('is refused if its fragments expand to too many fields', () => {
    const doubling = Array.from({ length: 20 }, (_value, n) => `fragment F${n} on Film{...F${n + 1} ...F${n + 1}}`);
    const text = `{films{...F0}} ${doubling.join(' ')} fragment F20 on Film{id}`;
    expect(() => normalise(text)).toThrow(expect.objectContaining({ code: 'PLAN_DEADLINE_EXCEEDED' }));
  });
});
