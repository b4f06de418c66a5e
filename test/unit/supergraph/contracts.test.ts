import { printSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildApiSchema, CompositionError, compose } from '../../../src/supergraph/index.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@inaccessible", { name: "@tag", as: "@label" }])';

function contract(filter: { include?: string[]; exclude?: string[]; hideUnreachableTypes?: boolean }) {
  return {
    name: 'public',
    place: 'access.contracts.public',
    include: [],
    exclude: [],
    hideUnreachableTypes: true,
    ...filter,
  };
}

async function composed(sdl: string, filter: Parameters<typeof contract>[0]) {
  const source = { name: 'shop', url: 'http://127.0.0.1:1', origin: 'shop.graphql', sdl: `${federation}\n${sdl}` };
  return compose([source], undefined, undefined, [contract(filter)]);
}

/** The SDL of the contract. */
async function contractSdl(sdl: string, filter: Parameters<typeof contract>[0]): Promise<string> {
  const { apiPieces, contracts } = await composed(sdl, filter);
  return printSchema(await buildApiSchema(apiPieces, contracts.get('public')));
}

async function problemsOf(sdl: string, filter: Parameters<typeof contract>[0]) {
  const error: unknown = await composed(sdl, filter).catch((thrown: unknown) => thrown);
  if (!(error instanceof CompositionError)) throw new Error('it composed');
  return error.problems.map(({ code, message, places }) => ({ code, message, lines: places.map(({ line }) => line) }));
}

function flat(sdl: string): string {
  return sdl.replaceAll(/\s+/g, ' ');
}

describe('exclude', () => {
  it('leaves out tagged elements of every kind', async () => {
    const sdl = await contractSdl(
      `
      type Query { user(id: ID!, debug: Boolean = false @label(name: "internal")): User  find(by: By, at: Level): [Found!]
        audit: Audit @label(name: "internal")  clock: Clock @label(name: "internal")  both: Both @label(name: "internal") }
      type User { id: ID!  name: String  note: String @label(name: "internal") }
      type Audit @label(name: "internal") { at: String }
      scalar Clock @label(name: "internal")
      enum Level { LOW TOP @label(name: "internal") }
      input By { name: String  note: String @label(name: "internal") }
      union Found = User | Audit
      union Both @label(name: "internal") = User | Audit
    `,
      { exclude: ['internal'] },
    );
    expect(flat(sdl)).toBe(
      'type Query { user(id: ID!): User find(by: By, at: Level): [Found!] } type User { id: ID! name: String } enum Level { LOW } input By { name: String } union Found = User',
    );
  });

  it('wins over include', async () => {
    const sdl = await contractSdl(
      'type Query { a: Int @label(name: "partner")  b: Int @label(name: "partner") @label(name: "internal") }',
      { include: ['partner'], exclude: ['internal'] },
    );
    expect(flat(sdl)).toBe('type Query { a: Int }');
  });

  it('leaves out what is empty without it: types, inputs, enums, unions, root types', async () => {
    const sdl = await contractSdl(
      `
      type Query { a(by: By @label(name: "internal")): Int  secret: Secret @label(name: "internal")  hits: Hit @label(name: "internal")  mood: Mood @label(name: "internal") }
      type Mutation { purge: Int @label(name: "internal") }
      type Secret { a: Int @label(name: "internal")  hidden: Int @inaccessible }
      input By { a: Int @label(name: "internal") }
      union Hit = Secret
      enum Mood { GRIM @label(name: "internal") }
    `,
      { exclude: ['internal'], hideUnreachableTypes: false },
    );
    expect(flat(sdl)).toBe('type Query { a: Int }');
  });

  it('leaves out the field of an interface that an implementer lacks', async () => {
    const sdl = await contractSdl(
      `
      type Query { nodes: [Node] }
      interface Node { id: ID  at: Int }
      type A implements Node { id: ID  at: Int @label(name: "internal") }
      type B implements Node { id: ID  at: Int }
    `,
      { exclude: ['internal'] },
    );
    expect(flat(sdl)).toBe(
      'type Query { nodes: [Node] } interface Node { id: ID } type A implements Node { id: ID } type B implements Node { id: ID at: Int }',
    );
  });
});

describe('include', () => {
  it('keeps tagged fields and unions, fields of tagged types, and every input', async () => {
    const sdl = await contractSdl(
      `
      type Query { user(by: By, level: Level): User @label(name: "partner")  hits: [Hit] @label(name: "partner")  other: Other  picks: Pick }
      type User @label(name: "partner") { id: ID  at: Time }
      type Other { id: ID }
      union Hit @label(name: "partner") = User | Other
      union Pick = User
      input By { id: ID }
      enum Level { LOW TOP }
      scalar Time
    `,
      { include: ['partner'] },
    );
    expect(flat(sdl)).toBe(
      'type Query { user(by: By, level: Level): User hits: [Hit] } type User { id: ID at: Time } union Hit = User input By { id: ID } enum Level { LOW TOP } scalar Time',
    );
  });
});

describe('unreachable types', () => {
  const sdl = `
    type Query { a: Int  secret: Secret @label(name: "internal") }
    type Secret { a: Mood }
    enum Mood { GRIM }
  `;

  it('are left out', async () => {
    expect(flat(await contractSdl(sdl, { exclude: ['internal'] }))).toBe('type Query { a: Int }');
  });

  it('stay on request', async () => {
    const kept = await contractSdl(sdl, { exclude: ['internal'], hideUnreachableTypes: false });
    expect(flat(kept)).toBe('type Query { a: Int } type Secret { a: Mood } enum Mood { GRIM }');
  });
});

describe('a contract that is no valid schema is refused, with names and lines', () => {
  const cases: readonly (readonly [string, string, RegExp, number])[] = [
    [
      'a type that a field still returns',
      'type Query { a: Int  secret: Secret }\ntype Secret @label(name: "internal") { a: Int }',
      /the contract "public" is not a valid schema: Type "Secret" is left out but is referenced by "Query.secret", which is in it/,
      3,
    ],
    [
      'a type without fields that a field still returns',
      'type Query { a: Int  secret: Secret }\ntype Secret { a: Int @label(name: "internal") }',
      /Type "Secret" is left out but is referenced by "Query.secret"/,
      3,
    ],
    [
      'an argument that is required',
      'type Query { a(x: Int! @label(name: "internal")): Int }',
      /Argument "Query.a\(x:\)" is left out but is a required argument/,
      2,
    ],
    [
      'a default value that is left out',
      'type Query { a(x: Level = TOP): Int }\nenum Level { LOW TOP @label(name: "internal") }',
      /"Level.TOP" is left out but is used in the default value of "Query.a\(x:\)"/,
      3,
    ],
    [
      'every query',
      'type Query { a: Int @label(name: "internal") }',
      /"Query" is left out but is the root query type/,
      2,
    ],
  ];
  it.each(cases)('%s', async (_what, sdl, message, line) => {
    const problems = await problemsOf(sdl, { exclude: ['internal'] });
    expect(problems).toEqual([{ code: 'CONTRACT_INVALID', message: expect.stringMatching(message), lines: [line] }]);
  });

  it('a tag that nothing has, with one of a similar name', async () => {
    const problems = await problemsOf('type Query { a: Int  b: Int @label(name: "internal") }', {
      exclude: ['intrenal'],
      include: ['internal'],
    });
    const message =
      'access.contracts.public.exclude names the tag "intrenal", which no element has; did you mean "internal"?';
    expect(problems).toEqual([{ code: 'CONTRACT_TAG_UNKNOWN', message, lines: [] }]);
  });
});
