/** A schema with one of each kind of coordinate, for tests of what operations use. */
import { buildASTSchema, buildSchema, type DefinitionNode, type GraphQLSchema, Kind, parse } from 'graphql';

export const sdl = /* GraphQL */ `
  type Query {
    node(id: ID!): Node
    search(text: String!, in: [Kind!] = [BOOK], where: Filter): [Found!]!
    products(filter: Filter, order: Order = { by: NAME }, currency: Currency = USD): [Product!]!
    old: String @deprecated(reason: "Use search.")
  }
  type Mutation { save(input: [ProductInput!]!): Product }
  interface Node { id: ID! }
  union Found = Product | Shop
  enum Kind { BOOK TOY FOOD }
  enum Currency { USD EUR }
  enum By { NAME PRICE }
  scalar Day
  input Order { by: By! = NAME down: Boolean = false }
  input Filter { kind: Kind kinds: [[Kind!]] and: [Filter!] not: Filter since: Day price: Range }
  input Range { from: Int = 0 to: Int currency: Currency = EUR }
  input ProductInput { name: String! kind: Kind! = TOY range: Range }
  type Product implements Node { id: ID! name: String! kind: Kind! price(currency: Currency, of: Range): Int shop: Shop }
  type Shop implements Node { id: ID! title: String products(first: Int = 10, kind: Kind): [Product!]! }
`;

export const schema = buildSchema(sdl);

/** The schema without what `isKept` does not name: fields, arguments, enum values and input fields. It may be an invalid one. */
export function reducedSchema(isKept: (coordinate: string) => boolean): GraphQLSchema {
  const keep = <Node extends { readonly name: { readonly value: string } }>(
    of: string,
    nodes: readonly Node[] = [],
  ): readonly Node[] => nodes.filter(({ name }) => isKept(`${of}.${name.value}`));
  const definitions = parse(sdl).definitions.map((definition): DefinitionNode => {
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION: {
        const of = definition.name.value;
        const fields = keep(of, definition.fields).map((field) => ({
          ...field,
          arguments: keep(`${of}.${field.name.value}`, field.arguments),
        }));
        return { ...definition, fields };
      }
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        return { ...definition, fields: keep(definition.name.value, definition.fields) };
      case Kind.ENUM_TYPE_DEFINITION:
        return { ...definition, values: keep(definition.name.value, definition.values) };
      default:
        return definition;
    }
  });
  return buildASTSchema({ kind: Kind.DOCUMENT, definitions }, { assumeValid: true });
}
