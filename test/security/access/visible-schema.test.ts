/** Introspection and suggestions show each caller what it may use, and nothing else; what is shown is what answers. */
import {
  buildClientSchema,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  type IntrospectionQuery,
  isCompositeType,
  isObjectType,
  validateSchema,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startVault } from '../../testkit/graphs/vault-callers.ts';
import type { TestGateway } from '../../testkit/test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startVault();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const callers: Readonly<Record<string, Record<string, string>>> = {
  nobody: {},
  reader: { 'x-user': 'u1', 'x-scopes': 'read:email letters' },
  staff: { 'x-user': 'u2', 'x-scopes': 'staff write contracts motto remarks letters badges' },
};

async function schemaOf(headers: Record<string, string>): Promise<GraphQLSchema> {
  const { data, errors } = await gateway.query(getIntrospectionQuery(), {}, headers);
  expect(errors).toBeUndefined();
  return buildClientSchema(data as IntrospectionQuery);
}

function fieldsOf(schema: GraphQLSchema, name: string): readonly string[] | undefined {
  const type = schema.getType(name);
  return isObjectType(type) ? Object.keys(type.getFields()).sort() : undefined;
}

describe('the schema that a caller is shown', () => {
  it('has the fields and types that it may use', async () => {
    const [nobody, reader, staff] = await Promise.all(Object.values(callers).map(schemaOf));
    if (nobody === undefined || reader === undefined || staff === undefined) throw new Error('three callers');
    expect(fieldsOf(nobody, 'Person')).toEqual(['badge', 'boss', 'id', 'name', 'secret']);
    expect(fieldsOf(reader, 'Person')).toEqual(['badge', 'boss', 'email', 'id', 'level', 'name', 'secret']);
    expect(fieldsOf(staff, 'Person')).toEqual(['badge', 'boss', 'id', 'level', 'name', 'secret']);
    expect(fieldsOf(nobody, 'Badge')).toEqual(['colour']);
    expect(fieldsOf(staff, 'Badge')).toEqual(['colour', 'number']);
    for (const name of ['Pair', 'Level', 'Motto', 'Contract']) expect(nobody.getType(name), name).toBeUndefined();
    expect(fieldsOf(reader, 'Pair')).toEqual(['left', 'right']);
    expect(fieldsOf(staff, 'Contract')).toContain('amount');
    expect(fieldsOf(nobody, 'Letter')).not.toContain('title');
    expect(fieldsOf(reader, 'Letter')).toContain('title');
    expect(fieldsOf(nobody, 'Mutation')).toEqual(['greet']);
    expect(fieldsOf(staff, 'Mutation')).toEqual(['greet', 'promote']);
    expect(fieldsOf(nobody, 'Query')).not.toContain('secretary');
    expect(fieldsOf(staff, 'Query')).toContain('secretary');
  });

  it.each(Object.keys(callers))('is a valid one, every field of which answers %s', async (name) => {
    const headers = callers[name] ?? {};
    const schema = await schemaOf(headers);
    expect(validateSchema(schema)).toEqual([]);
    const person = schema.getType('Person');
    const fields = isObjectType(person) ? Object.values(person.getFields()) : [];
    expect(fields.length).toBeGreaterThan(3);
    for (const { name: field, type, args } of fields) {
      const selection = isCompositeType(getNamedType(type)) ? ' { __typename }' : '';
      const values = args.length === 0 ? '' : `(of: "${headers['x-user'] ?? 'anonymous'}")`;
      const { errors } = await gateway.query(`{ me { ${field}${values}${selection} } }`, {}, headers);
      expect(errors, field).toBeUndefined();
    }
  });

  it('is the caller’s own, whoever asks before', async () => {
    const query = '{ __type(name: "Person") { fields { name } } contract: __type(name: "Contract") { name } }';
    const ask = async (name: string) => {
      const { data } = await gateway.query(query, {}, callers[name]);
      const { __type: person, contract } = data as { __type: { fields: { name: string }[] }; contract: object | null };
      return [person.fields.some((field) => field.name === 'email'), contract !== null];
    };
    const order = ['staff', 'nobody', 'reader', 'staff', 'reader', 'nobody', 'nobody', 'staff'];
    const expected = { nobody: [false, false], reader: [true, false], staff: [false, true] } as Record<
      string,
      boolean[]
    >;
    expect(await Promise.all(order.map(ask))).toEqual(order.map((name) => expected[name]));
  });
});

describe('the suggestions of an error', () => {
  const messages = async (document: string, name: string) =>
    JSON.stringify((await gateway.query(document, {}, callers[name])).errors);

  it.each([
    ['a field', '{ me { emai } }', 'email', 'reader'],
    ['a root field', '{ secretar { id } }', 'secretary', 'staff'],
    ['a type', '{ found { ... on Contrac { id } } }', 'Contract', 'staff'],
    ['a mutation', 'mutation { promot(id: "u1") { id } }', 'promote', 'staff'],
  ])('name %s to those alone who may use it', async (_what, document, hidden, allowed) => {
    expect(await messages(document, allowed)).toContain(hidden);
    const told = await messages(document, 'nobody');
    expect(told).toContain('GRAPHQL_VALIDATION_FAILED');
    expect(told).not.toContain(hidden);
  });
});
