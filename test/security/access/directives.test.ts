/** What `@authenticated`, `@requiresScopes` and `@policy` deny, whichever way an operation takes to it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vault } from '../../testkit/graphs/vault.ts';
import { startTestGateway, type TestAnswer, type TestGateway } from '../../testkit/test-gateway.ts';

const rights = (...scopes: string[]) => ({ anonymous: { scopes } });
const start = (access: object = {}) =>
  startTestGateway({
    subgraphs: vault,
    yaml: `access: ${JSON.stringify({ policies: { own: 'args.of == principal.id' }, ...access })}`,
  });

const denied = ({ errors = [] }: TestAnswer) =>
  errors.map(({ path, extensions }) => {
    expect(extensions.code).toBe('UNAUTHORIZED_FIELD_OR_TYPE');
    return path?.join('.');
  });

/** Everything that subgraphs were sent since the last call. */
function sent({ subgraphs }: TestGateway): string {
  const requests = Object.values(subgraphs).flatMap((subgraph) => subgraph.requests.splice(0));
  return requests.map(({ query, variables }) => `${query} ${JSON.stringify(variables)}`).join('\n');
}

describe('a caller without rights', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await start();
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it.each([
    ['a field', '{ me { name email } }', { me: { name: 'Ann', email: null } }, ['me.email'], /email/],
    ['an alias', '{ me { name: email } }', { me: { name: null } }, ['me.name'], /email/],
    [
      'a fragment',
      'query { me { ...F } } fragment F on Person { name ...G } fragment G on Person { salary }',
      { me: { name: 'Ann', salary: null } },
      ['me.salary'],
      /salary/,
    ],
    [
      'a fragment that is spread where it is allowed and where it is not',
      'query { me { ...F boss { ...F } } } fragment F on Person { name email }',
      { me: { name: 'Ann', email: null, boss: { name: 'Bob', email: null } } },
      ['me.email', 'me.boss.email'],
      /email/,
    ],
    [
      'an inline fragment',
      '{ me { ... { ... on Person { email } } } }',
      { me: { email: null } },
      ['me.email'],
      /email/,
    ],
    ['an enum', '{ me { name level } }', { me: { name: 'Ann', level: null } }, ['me.level'], /level/],
    ['an object type', '{ pair { left } open }', { pair: null, open: 'open' }, ['pair'], /pair/],
    [
      'an object type by its name alone',
      '{ pair { __typename } open }',
      { pair: null, open: 'open' },
      ['pair'],
      /pair/,
    ],
    ['a field and a scalar', '{ motto open }', { motto: null, open: 'open' }, ['motto'], /motto/],
    [
      'a non-null field, which nulls its parents',
      '{ me { name badge { number colour } } }',
      { me: null },
      ['me.badge.number'],
      /number/,
    ],
    [
      'a field that another one requires',
      '{ me { name } found { ... on Person { tax } } }',
      { me: { name: 'Ann' }, found: [{}, null, { tax: null }] },
      ['found.1', 'found.2.tax'],
      /salary|tax/,
    ],
    [
      'one implementer’s field, selected on the interface',
      '{ document(id: "d3") { title pages } }',
      { document: { title: null, pages: 2 } },
      ['document.title'],
      /Letter\{[^}]*title/,
    ],
    [
      'one implementer’s field, and not the others’',
      '{ document(id: "d1") { title pages } }',
      { document: { title: 'Lunch', pages: 1 } },
      [],
      /Letter\{[^}]*title/,
    ],
    ['an implementer', '{ document(id: "d2") { id } }', { document: null }, ['document'], /Contract\{(?!__typename\})/],
    [
      'an implementer by its name alone',
      '{ document(id: "d2") { __typename } }',
      { document: null },
      ['document'],
      undefined,
    ],
    [
      'an implementer through the interface and back',
      '{ document(id: "d2") { ... on Contract { ... on Document { title } amount } } }',
      { document: null },
      ['document'],
      /title|amount/,
    ],
    [
      'a member of a union, the others served',
      '{ found { __typename ... on Document { title } ... on Contract { amount } } }',
      { found: [{ __typename: 'Memo', title: 'Lunch' }, null, { __typename: 'Person' }] },
      ['found.1'],
      /amount/,
    ],
    [
      'a field of an interface object',
      '{ document(id: "d1") { stars remark } }',
      { document: { stars: 3, remark: null } },
      ['document.remark'],
      /remark/,
    ],
    [
      'a mutation, the other one runs',
      'mutation { promote(id: "u1") { id } greet(id: "u1") { name } }',
      { promote: null, greet: { name: 'Bob' } },
      ['promote'],
      /promote/,
    ],
    ['a non-null root field', '{ secretary { name } open }', null, ['secretary'], /secretary/],
    ['everything', '{ motto pair { left } }', null, ['motto', 'pair'], /motto|pair/],
  ])('is denied %s', async (_what, query, data, paths, unsent) => {
    sent(gateway);
    const answer = await gateway.query(query);
    expect({ status: answer.status, data: answer.data, denied: denied(answer) }).toEqual({
      status: 200,
      data,
      denied: paths,
    });
    if (unsent !== undefined) expect(sent(gateway)).not.toMatch(unsent);
  });

  it('reads a field under a condition only where the condition leaves it out', async () => {
    const query = 'query ($x: Boolean!) { me { name email @include(if: $x) } }';
    expect(denied(await gateway.query(query, { x: true }))).toEqual(['me.email']);
    const without = await gateway.query(query, { x: false });
    expect(without).toEqual({ status: 200, data: { me: { name: 'Ann' } } });
  });

  it('learns of each denied place, the items of a list included', async () => {
    const answer = await gateway.query('{ people { name email } }');
    expect(answer.data.people).toEqual([
      { name: 'Ann', email: null },
      { name: 'Bob', email: null },
    ]);
    expect(denied(answer)).toEqual(['people.0.email', 'people.1.email']);
  });

  it('sends no request where everything is denied', async () => {
    sent(gateway);
    await gateway.query('mutation { promote(id: "u1") { id } }');
    expect(sent(gateway)).toBe('');
  });
});

describe('scopes', () => {
  it.each([
    [['read:email'], ['me.salary']],
    [['admin'], ['me.salary']],
    [['read:email', 'read:salary'], ['me.salary']], // which takes a caller who is not anonymous, too
    [['read'], ['me.email', 'me.salary']],
  ])('%j', async (scopes, paths) => {
    await using gateway = await start(rights(...scopes));
    expect(denied(await gateway.query('{ me { name email salary } }'))).toEqual(paths);
  });

  it('of an inner list are required together', async () => {
    await using staff = await start(rights('staff'));
    expect(denied(await staff.query('mutation { promote(id: "u1") { id } }'))).toEqual(['promote']);
    await using writer = await start(rights('staff', 'write'));
    expect((await writer.query('mutation { promote(id: "u1") { id } }')).data).toEqual({ promote: { id: 'u1' } });
  });
});

describe('access.mode', () => {
  const query = 'query Q($x: Boolean = true) { people { e: email @include(if: $x) } me { name } }';

  it('reject runs nothing of an operation with a denied field, and everything of others', async () => {
    await using gateway = await start({ mode: 'reject' });
    const refused = await gateway.query(query);
    expect({ status: refused.status, data: refused.data, denied: denied(refused) }).toEqual({
      status: 403,
      data: undefined,
      denied: ['people.@.e'],
    });
    expect(sent(gateway)).toBe('');
    expect(await gateway.query(query, { x: false })).toEqual({
      status: 200,
      data: { people: [{}, {}], me: { name: 'Ann' } },
    });
    expect(gateway.log.find(({ fields }) => fields !== undefined)).toMatchObject({
      principal: 'anonymous',
      fields: [{ path: 'people.@.e', coordinate: 'Person.email', rule: { kind: 'scopes' } }],
    });
  });

  it('audit changes no answer and logs what would go', async () => {
    await using gateway = await start({ mode: 'audit' });
    const answer = await gateway.query(query);
    expect(answer.data.people[0]).toEqual({ e: 'ann@example.com' });
    expect(answer.errors).toBeUndefined();
    expect(gateway.log.filter(({ fields }) => fields !== undefined)).toMatchObject([
      { level: 'info', fields: [{ path: 'people.@.e', coordinate: 'Person.email' }] },
    ]);
  });
});

describe('access.denials', () => {
  const query = '{ me { name email } }';

  it('extensions', async () => {
    await using gateway = await start({ denials: 'extensions' });
    expect(await gateway.query(query)).toEqual({
      status: 200,
      data: { me: { name: 'Ann', email: null } },
      extensions: {
        authorizationErrors: [
          {
            message: 'The caller may not read this field or type.',
            path: ['me', 'email'],
            extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' },
          },
        ],
      },
    });
  });

  it('off', async () => {
    await using gateway = await start({ denials: 'off' });
    expect(await gateway.query(query)).toEqual({ status: 200, data: { me: { name: 'Ann', email: null } } });
  });
});

it('keeps the answers of different rights apart while the same query runs', async () => {
  await using poor = await start();
  await using rich = await start(rights('read:email'));
  const query = '{ me { email } }';
  const [without, withRight] = await Promise.all([poor.query(query), rich.query(query)]);
  expect([without.data.me.email, withRight.data.me.email]).toEqual([null, 'ann@example.com']);
});
