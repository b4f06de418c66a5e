/** For every kind of change that graphql-inspector knows, two schemas between which it is made. */

export interface MatrixCase {
  readonly before: string;
  readonly after: string;
}

const all = `
  directive @tell(a: Int) repeatable on OBJECT | FIELD_DEFINITION | ARGUMENT_DEFINITION | INTERFACE | UNION | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCALAR | SCHEMA
`;

function told(without: string, marked: string): { readonly added: MatrixCase; readonly removed: MatrixCase } {
  const query = /schema/.test(without) ? '' : 'type Query { q: Int }';
  const [plain, told] = [`${all} ${query} ${without}`, `${all} ${query} ${marked}`];
  return { added: { before: plain, after: told }, removed: { before: told, after: plain } };
}

function inQuery(before: string, after: string): MatrixCase {
  return { before: `type Query { ${before} }`, after: `type Query { ${after} }` };
}

function beside(before: string, after: string): MatrixCase {
  return { before: `type Query { q: Int } ${before}`, after: `type Query { q: Int } ${after}` };
}

const pet = 'interface Named { name: String } type Query { pet: Pet named: Named }';
const found = 'type A { a: Int } type B { b: Int } type Query { found: Found }';
const colours = 'type Query { paint(colour: Colour): Colour }';
const sized = 'type Query { box(size: Size): Int }';

const usage = {
  union: told('type A { a: Int } union U = A', 'type A { a: Int } union U @tell = A'),
  enum: told('enum E { V }', 'enum E @tell { V }'),
  value: told('enum E { V }', 'enum E { V @tell }'),
  input: told('input I { f: Int }', 'input I @tell { f: Int }'),
  inputField: told('input I { f: Int }', 'input I { f: Int @tell }'),
  field: told('type T { f: Int }', 'type T { f: Int @tell }'),
  scalar: told('scalar S', 'scalar S @tell'),
  object: told('type T { f: Int }', 'type T @tell { f: Int }'),
  interface: told('interface T { f: Int }', 'interface T @tell { f: Int }'),
  argument: told('type T { f(a: Int): Int }', 'type T { f(a: Int @tell): Int }'),
  schema: told('schema { query: Query } type Query { q: Int }', 'schema @tell { query: Query } type Query { q: Int }'),
  directiveArgument: told('type T @tell { f: Int }', 'type T @tell(a: 1) { f: Int }'),
};

export const changeMatrix: Readonly<Record<string, MatrixCase>> = {
  FIELD_ARGUMENT_DESCRIPTION_CHANGED: inQuery('"a" f("a" x: Int): Int', '"a" f("b" x: Int): Int'),
  FIELD_ARGUMENT_DEFAULT_CHANGED: inQuery('f(x: Int = 1): Int', 'f(x: Int = 2): Int'),
  FIELD_ARGUMENT_TYPE_CHANGED: inQuery('f(x: Int): Int', 'f(x: String): Int'),
  DIRECTIVE_REMOVED: beside('directive @live on FIELD', ''),
  DIRECTIVE_ADDED: beside('', 'directive @live on FIELD'),
  DIRECTIVE_DESCRIPTION_CHANGED: beside('"a" directive @live on FIELD', '"b" directive @live on FIELD'),
  DIRECTIVE_LOCATION_ADDED: beside('directive @live on FIELD', 'directive @live on FIELD | QUERY'),
  DIRECTIVE_LOCATION_REMOVED: beside('directive @live on FIELD | QUERY', 'directive @live on FIELD'),
  DIRECTIVE_ARGUMENT_ADDED: beside('directive @live on FIELD', 'directive @live(a: Int!) on FIELD'),
  DIRECTIVE_ARGUMENT_REMOVED: beside('directive @live(a: Int) on FIELD', 'directive @live on FIELD'),
  DIRECTIVE_ARGUMENT_DESCRIPTION_CHANGED: beside(
    'directive @live("a" a: Int) on FIELD',
    'directive @live("b" a: Int) on FIELD',
  ),
  DIRECTIVE_ARGUMENT_DEFAULT_VALUE_CHANGED: beside(
    'directive @live(a: Int = 1) on FIELD',
    'directive @live(a: Int = 2) on FIELD',
  ),
  DIRECTIVE_ARGUMENT_TYPE_CHANGED: beside('directive @live(a: Int) on FIELD', 'directive @live(a: Int!) on FIELD'),
  DIRECTIVE_REPEATABLE_ADDED: beside('directive @live on FIELD', 'directive @live repeatable on FIELD'),
  DIRECTIVE_REPEATABLE_REMOVED: beside('directive @live repeatable on FIELD', 'directive @live on FIELD'),
  ENUM_VALUE_REMOVED: {
    before: `${colours} enum Colour { RED GREEN }`,
    after: `${colours} enum Colour { RED }`,
  },
  ENUM_VALUE_ADDED: { before: `${colours} enum Colour { RED }`, after: `${colours} enum Colour { RED GREEN }` },
  ENUM_VALUE_DESCRIPTION_CHANGED: beside('enum C { "a" A }', 'enum C { "b" A }'),
  ENUM_VALUE_DEPRECATION_REASON_CHANGED: beside(
    'enum C { A @deprecated(reason: "a") B }',
    'enum C { A @deprecated(reason: "b") B }',
  ),
  ENUM_VALUE_DEPRECATION_REASON_ADDED: beside('enum C { A B }', 'enum C { A @deprecated(reason: "b") B }'),
  ENUM_VALUE_DEPRECATION_REASON_REMOVED: beside('enum C { A @deprecated(reason: "b") B }', 'enum C { A B }'),
  FIELD_REMOVED: inQuery('f: Int g: Int', 'g: Int'),
  FIELD_ADDED: inQuery('g: Int', 'f: Int g: Int'),
  FIELD_DESCRIPTION_CHANGED: inQuery('"a" f: Int', '"b" f: Int'),
  FIELD_DESCRIPTION_ADDED: inQuery('f: Int', '"b" f: Int'),
  FIELD_DESCRIPTION_REMOVED: inQuery('"a" f: Int', 'f: Int'),
  FIELD_DEPRECATION_ADDED: inQuery('f: Int', 'f: Int @deprecated'),
  FIELD_DEPRECATION_REMOVED: inQuery('f: Int @deprecated', 'f: Int'),
  FIELD_DEPRECATION_REASON_CHANGED: inQuery('f: Int @deprecated(reason: "a")', 'f: Int @deprecated(reason: "b")'),
  FIELD_DEPRECATION_REASON_ADDED: inQuery('f: Int', 'f: Int @deprecated(reason: "b")'),
  FIELD_DEPRECATION_REASON_REMOVED: inQuery('f: Int @deprecated(reason: "b")', 'f: Int'),
  FIELD_TYPE_CHANGED: inQuery('f: Int', 'f: String'),
  FIELD_ARGUMENT_ADDED: inQuery('f: Int', 'f(x: Int!): Int'),
  FIELD_ARGUMENT_REMOVED: inQuery('f(x: Int): Int', 'f: Int'),
  INPUT_FIELD_REMOVED: { before: `${sized} input Size { w: Int h: Int }`, after: `${sized} input Size { w: Int }` },
  INPUT_FIELD_ADDED: { before: `${sized} input Size { w: Int }`, after: `${sized} input Size { w: Int h: Int! }` },
  INPUT_FIELD_DESCRIPTION_ADDED: beside('input I { f: Int }', 'input I { "b" f: Int }'),
  INPUT_FIELD_DESCRIPTION_REMOVED: beside('input I { "b" f: Int }', 'input I { f: Int }'),
  INPUT_FIELD_DESCRIPTION_CHANGED: beside('input I { "a" f: Int }', 'input I { "b" f: Int }'),
  INPUT_FIELD_DEFAULT_VALUE_CHANGED: {
    before: `${sized} input Size { w: Int = 1 }`,
    after: `${sized} input Size { w: Int = 2 }`,
  },
  INPUT_FIELD_TYPE_CHANGED: { before: `${sized} input Size { w: Int }`, after: `${sized} input Size { w: String }` },
  OBJECT_TYPE_INTERFACE_ADDED: {
    before: `${pet} type Pet { name: String }`,
    after: `${pet} type Pet implements Named { name: String }`,
  },
  OBJECT_TYPE_INTERFACE_REMOVED: {
    before: `${pet} type Pet implements Named { name: String }`,
    after: `${pet} type Pet { name: String }`,
  },
  SCHEMA_QUERY_TYPE_CHANGED: {
    before: 'schema { query: A } type A { a: Int } type B { a: Int }',
    after: 'schema { query: B } type A { a: Int } type B { a: Int }',
  },
  SCHEMA_MUTATION_TYPE_CHANGED: {
    before: 'type Query { q: Int } type Mutation { m: Int }',
    after: 'type Query { q: Int }',
  },
  SCHEMA_SUBSCRIPTION_TYPE_CHANGED: {
    before: 'type Query { q: Int } type Subscription { s: Int }',
    after: 'type Query { q: Int }',
  },
  TYPE_REMOVED: { before: 'type Query { pet: Pet } type Pet { name: String }', after: 'type Query { pet: Int }' },
  TYPE_ADDED: { before: 'type Query { pet: Int }', after: 'type Query { pet: Pet } type Pet { name: String }' },
  TYPE_KIND_CHANGED: {
    before: 'type Query { pet: Pet } type Pet { name: String }',
    after: 'type Query { pet: Pet } interface Pet { name: String }',
  },
  TYPE_DESCRIPTION_CHANGED: beside('"a" scalar S', '"b" scalar S'),
  TYPE_DESCRIPTION_REMOVED: beside('"a" scalar S', 'scalar S'),
  TYPE_DESCRIPTION_ADDED: beside('scalar S', '"b" scalar S'),
  UNION_MEMBER_REMOVED: { before: `${found} union Found = A | B`, after: `${found} union Found = A` },
  UNION_MEMBER_ADDED: { before: `${found} union Found = A`, after: `${found} union Found = A | B` },
  DIRECTIVE_USAGE_UNION_MEMBER_ADDED: usage.union.added,
  DIRECTIVE_USAGE_UNION_MEMBER_REMOVED: usage.union.removed,
  DIRECTIVE_USAGE_ENUM_ADDED: usage.enum.added,
  DIRECTIVE_USAGE_ENUM_REMOVED: usage.enum.removed,
  DIRECTIVE_USAGE_ENUM_VALUE_ADDED: usage.value.added,
  DIRECTIVE_USAGE_ENUM_VALUE_REMOVED: usage.value.removed,
  DIRECTIVE_USAGE_INPUT_OBJECT_ADDED: usage.input.added,
  DIRECTIVE_USAGE_INPUT_OBJECT_REMOVED: usage.input.removed,
  DIRECTIVE_USAGE_SCALAR_ADDED: usage.scalar.added,
  DIRECTIVE_USAGE_SCALAR_REMOVED: usage.scalar.removed,
  DIRECTIVE_USAGE_OBJECT_ADDED: usage.object.added,
  DIRECTIVE_USAGE_OBJECT_REMOVED: usage.object.removed,
  DIRECTIVE_USAGE_INTERFACE_ADDED: usage.interface.added,
  DIRECTIVE_USAGE_INTERFACE_REMOVED: usage.interface.removed,
  DIRECTIVE_USAGE_ARGUMENT_DEFINITION_ADDED: usage.argument.added,
  DIRECTIVE_USAGE_ARGUMENT_DEFINITION_REMOVED: usage.argument.removed,
  DIRECTIVE_USAGE_SCHEMA_ADDED: usage.schema.added,
  DIRECTIVE_USAGE_SCHEMA_REMOVED: usage.schema.removed,
  DIRECTIVE_USAGE_FIELD_DEFINITION_ADDED: usage.field.added,
  DIRECTIVE_USAGE_FIELD_DEFINITION_REMOVED: usage.field.removed,
  DIRECTIVE_USAGE_INPUT_FIELD_DEFINITION_ADDED: usage.inputField.added,
  DIRECTIVE_USAGE_INPUT_FIELD_DEFINITION_REMOVED: usage.inputField.removed,
  DIRECTIVE_USAGE_ARGUMENT_ADDED: usage.directiveArgument.added,
  DIRECTIVE_USAGE_ARGUMENT_REMOVED: usage.directiveArgument.removed,
};
