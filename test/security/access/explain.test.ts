/** `isthmus-explain: access` names each field that is denied, or would be, and why; and tells it those alone who may ask. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startVault } from '../../testkit/graphs/vault-callers.ts';
import type { TestGateway } from '../../testkit/test-gateway.ts';

const asked = { 'isthmus-explain': 'access' };
const operator = { ...asked, 'x-user': 'u9', 'x-scopes': 'access:explain staff' };
const explanation = (answer: object) => (answer as { extensions?: { access?: unknown } }).extensions?.access;

const query = `query ($x: Boolean = true) {
  people { e: email @include(if: $x) secret(of: "u1") level }
  documents { title }
  pair { left }
}`;
const denied = [
  {
    path: 'people.@.e',
    coordinate: 'Person.email',
    rules: [{ rule: '@requiresScopes(scopes: [["read:email"], ["admin"]])', missing: [['read:email'], ['admin']] }],
  },
  {
    path: 'people.@.secret',
    coordinate: 'Person.secret',
    rules: [{ rule: '@policy(policies: [["own"]])', missing: [['own']] }],
  },
  {
    path: 'documents',
    coordinate: 'Contract',
    rules: [{ rule: '@requiresScopes(scopes: [["contracts"]])', missing: [['contracts']] }],
  },
  {
    path: 'documents.@.title',
    coordinate: 'Contract.title',
    rules: [{ rule: '@requiresScopes(scopes: [["contracts"]])', missing: [['contracts']] }],
  },
  {
    path: 'documents.@.title',
    coordinate: 'Letter.title',
    rules: [{ rule: '@requiresScopes(scopes: [["letters"]])', missing: [['letters']] }],
  },
];
const byPlace = (fields: unknown) =>
  (fields as { path: string; coordinate: string }[]).toSorted((a, b) =>
    `${a.path} ${a.coordinate}`.localeCompare(`${b.path} ${b.coordinate}`),
  );

describe('in the mode filter', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startVault({});
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it('names each field that is null, objects too, with what the caller lacks', async () => {
    const answer = await gateway.query(query, {}, operator);
    const { mode, denied: named } = explanation(answer) as { mode: string; denied: unknown };
    expect(mode).toBe('filter');
    expect(byPlace(named)).toEqual(byPlace(denied));
  });

  it('says so where nothing is denied, and leaves out what the variables leave out', async () => {
    expect(explanation(await gateway.query('{ open }', {}, operator))).toEqual({ mode: 'filter', denied: [] });
    const answer = await gateway.query(query, { x: false }, operator);
    expect(JSON.stringify(explanation(answer))).not.toContain('Person.email');
  });

  it('tells nobody without the scope access:explain', async () => {
    for (const headers of [asked, { ...operator, 'x-scopes': 'staff' }, { ...operator, 'x-scopes': 'access' }])
      expect(explanation(await gateway.query(query, {}, headers))).toBeUndefined();
  });

  it('is the same in front of Fastify and in it', async () => {
    const body = JSON.stringify({ query });
    const send = (headers: Record<string, string>) =>
      new Promise<string>((resolve, reject) => {
        const { hostname, port, pathname } = new URL(gateway.url);
        const lines = Object.entries({ ...operator, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
        const socket = connect(Number(port), hostname);
        let text = '';
        socket.on('data', (chunk) => {
          text += String(chunk);
        });
        socket.on('end', () => resolve(text));
        socket.on('error', reject);
        const chunked =
          headers['transfer-encoding'] === undefined ? body : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
        socket.write(
          `POST ${pathname} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n${lines.join('')}\r\n${chunked}`,
        );
      });
    const [direct, throughFastify] = await Promise.all([
      send({ 'content-length': String(body.length) }),
      send({ 'transfer-encoding': 'chunked' }),
    ]);
    const extensions = (text: string) => /"extensions":\{"access".*\}/.exec(text)?.[0];
    expect(extensions(direct)).toContain('Person.email');
    expect(extensions(throughFastify)).toBe(extensions(direct));
  });
});

it('names in the mode audit what would go, to everyone, and changes nothing', async () => {
  await using gateway = await startVault({ mode: 'audit' });
  const answer = await gateway.query(query, {}, { ...asked, 'x-user': 'u9', 'x-scopes': 'staff' });
  expect(answer.errors).toBeUndefined();
  expect(answer.data.people[0]).toEqual({ e: 'ann@example.com', secret: 'secret of u1', level: 'TOP' });
  const { mode, denied: named } = explanation(answer) as { mode: string; denied: unknown };
  expect(mode).toBe('audit');
  expect(byPlace(named)).toEqual(byPlace(denied));
  const [line] = gateway.log.filter(({ fields }) => fields !== undefined);
  expect(line?.fields).toHaveLength(denied.length);
});

it('accompanies the refusal in the mode reject', async () => {
  await using gateway = await startVault({ mode: 'reject', explain: 'everyone', denials: 'off' });
  const answer = await gateway.query('{ me { email } }', {}, asked);
  expect(answer).toMatchObject({
    status: 403,
    errors: [{ extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }],
    extensions: { access: { mode: 'reject', denied: [{ path: 'me.email', coordinate: 'Person.email' }] } },
  });
  expect(answer.data).toBeUndefined();
});

it('is off where the configuration says so', async () => {
  await using gateway = await startVault({ mode: 'audit', explain: 'off' });
  expect(explanation(await gateway.query(query, {}, operator))).toBeUndefined();
});

it.each(['reject', 'audit'])('is bounded for fragments that double what they select, in the mode %s', async (mode) => {
  // The limit of documents, which refuses it before, is lifted.
  await using gateway = await startVault({ mode, explain: 'everyone' }, { selections: 100_000_000 });
  const depth = 22;
  const fragments = Array.from(
    { length: depth },
    (_, level) => `fragment F${level} on Person { a: boss { ...F${level + 1} } b: boss { ...F${level + 1} } }`,
  );
  const document = `{ me { ...F0 } motto } ${fragments.join(' ')} fragment F${depth} on Person { name }`;
  const startedAt = performance.now();
  const { status, data } = await gateway.query(document, {}, asked);
  // Without a bound, it visits four million places before it comes to `motto`.
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(data ?? undefined).toBeUndefined();
  expect(status).toBe(mode === 'reject' ? 403 : 400);
});
