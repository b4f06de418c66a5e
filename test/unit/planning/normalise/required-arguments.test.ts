import { Kind, print } from 'graphql';
import { describe, expect, it } from 'vitest';
import { twinRequiredArguments } from '../../../../src/planning/normalise/required-arguments.ts';
import { supergraphOf } from '../kit.ts';

function supergraph(requires: string) {
  return supergraphOf(`
    interface Priced @join__type(graph: A) { price(in: String): Int }
    type Gift implements Priced @join__implements(graph: A, interface: "Priced") @join__type(graph: A) { price(in: String): Int }
    type Item implements Priced @join__implements(graph: A, interface: "Priced") @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
      id: ID!
      price(in: String): Int @join__field(graph: A) @join__field(graph: B, external: true)
      label: String @join__field(graph: B, requires: ${JSON.stringify(requires)})
    }`);
}

describe('a field that @requires reads with arguments', () => {
  it('gets a twin without any, wherever the field is defined', () => {
    const { supergraph: document, twins } = twinRequiredArguments(supergraph('price(in: "EUR")'));
    const fields = document.definitions.flatMap((definition) =>
      definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION
        ? (definition.fields ?? []).map((field) => `${definition.name.value}: ${print(field)}`)
        : [],
    );
    expect(fields).toContain('Priced: price__required_0: Int');
    expect(fields).toContain('Gift: price__required_0: Int');
    expect(fields).toContain(
      'Item: price__required_0: Int @join__field(graph: A) @join__field(graph: B, external: true)',
    );
    expect(fields).toContain('Item: label: String @join__field(graph: B, requires: "price__required_0")');
    expect([...twins].map(([name, twin]) => [name, twin.name, twin.arguments.map(print)])).toEqual([
      ['price__required_0', 'price', ['in: "EUR"']],
    ]);
  });

  it('gets one twin for each combination of arguments', () => {
    const { twins } = twinRequiredArguments(
      supergraph('price(in: \\"EUR\\") other: price(in: \\"USD\\")'.replaceAll('\\', '')),
    );
    expect([...twins.keys()]).toEqual(['price__required_0', 'price__required_1']);
  });

  it('read without arguments gets none, and the supergraph is not changed', () => {
    const document = supergraph('price');
    expect(twinRequiredArguments(document).supergraph).toBe(document);
  });
});
