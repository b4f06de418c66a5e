import { buildSchema, type GraphQLObjectType } from 'graphql';
import { expect, it } from 'vitest';
import { unsupportedOutput } from '../../../../src/ai/fields/output/field-output.ts';

const schema = buildSchema(`
directive @generate(prompt: String!) on FIELD_DEFINITION
directive @external on FIELD_DEFINITION
enum Gone { A @deprecated }
scalar Anything
type Tree { name: String children: [Tree!]! parent: Tree! }
interface Node { id: ID! }
interface Nobody { id: ID! }
type Page implements Node { id: ID! body(format: String!): String }
type Product { id: ID! reviews(first: Int = 10): [Page!] @external answer(question: String!): String @generate(prompt: "a") }
type Empty { answer: String @generate(prompt: "a") }
type Holder { pages: [Page!] }
union Either = Product | Empty
type Query {
  text: String! nobody: Nobody tree: [Tree!] scalar: Anything node: Node product: Product
  gone: [Gone!] page: Page holder: Holder either: Either
}`);

it.each([
  ['text', undefined],
  ['tree', undefined],
  ['scalar', undefined],
  ['node', 'Page.body takes the argument "format", and what a model has written takes none'],
  ['nobody', 'no type implements Nobody'],
  ['product', undefined],
  ['gone', 'every value of Gone is deprecated, so there is none to choose'],
  ['page', 'Page.body takes the argument "format", and what a model has written takes none'],
  ['holder', 'Page.body takes the argument "format", and what a model has written takes none'],
  ['either', 'Empty has no field that a model could write'],
])('a model can write %s unless: %s', (name, reason) => {
  const type = (schema.getType('Query') as GraphQLObjectType).getFields()[name]?.type;
  expect(type && unsupportedOutput(schema, type)).toBe(reason);
});
