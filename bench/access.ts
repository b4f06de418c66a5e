/**
 * What access adds to a request: `npm run bench -- access`. Microseconds of CPU, the least of seven rounds, of what runs on
 * top of the same operation without rules: the caller identified by a token that was verified before, and the operation
 * authorised. Then the first time of an operation with 200 protected fields: the median of many, by the clock.
 */

import { loadavg } from 'node:os';
import { buildSchema, type OperationDefinitionNode, parse } from 'graphql';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import {
  anonymous,
  createAccess,
  createAuthenticator,
  createIdentifiers,
  KeySets,
  loadPolicies,
  type Principal,
} from '../src/access/index.ts';
import { checkConfig } from '../src/config/index.ts';
import { createLogger } from '../src/observability/index.ts';
import type { AccessRule } from '../src/supergraph/index.ts';
import { leastCpu } from './least-cpu.ts';
import { median } from './median.ts';

const rounds = 7;
const log = createLogger({ level: 'silent' });

export async function runAccess(): Promise<void> {
  const file = 'supergraph.yaml';
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const config = checkConfig(file, {
    subgraphs: { a: { routing_url: 'http://127.0.0.1:1', schema: { file: 'a.graphql' } } },
    access: { jwt: [{ issuer: 'i', jwks: 'keys.json' }], policies: { own: 'args.id == principal.id' } },
  });
  const [{ jwks } = { jwks: undefined }] = config.access.jwt;
  const keyFiles = new Map([
    [jwks?.location ?? '', JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }] })],
  ]);
  const token = await new SignJWT({ iss: 'i', sub: 'u1', scope: 'read' })
    .setExpirationTime('1h')
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .sign(privateKey);
  const identifiers = createIdentifiers(config.access, { keySets: new KeySets(), keyFiles, apiKeys: undefined });
  const authenticator = createAuthenticator({ config: config.access, identifiers, log });
  const facts = { headers: { authorization: `Bearer ${token}` }, address: '127.0.0.1' };
  const principal = await authenticator.identify(facts);

  const protectedNames = Array.from({ length: 200 }, (_, index) => `f${index}`);
  const schema = buildSchema(
    `type Query { me(id: ID): User  secret(id: ID): String } type User { name: String email: String ${protectedNames.map((name) => `${name}: Int`).join(' ')} }`,
  );
  const scoped: AccessRule = { kind: 'scopes', anyOf: [['read']] };
  const rules = new Map<string, readonly AccessRule[]>([
    ['User.email', [scoped]],
    ['Query.secret', [{ kind: 'policies', anyOf: [['own']] }]],
    ...protectedNames.map((name, index): [string, readonly AccessRule[]] => [
      `User.${name}`,
      [{ kind: 'scopes', anyOf: [[`s${index % 20}`]] }],
    ]),
  ]);
  const { policies } = await loadPolicies(config);
  const options = { config: config.access, schema, rules, policies, log, maskKey: '' };
  const access = createAccess(options);
  const requestOf = (query: string, caller: Principal) => {
    const document = parse(query);
    const operation = document.definitions[0] as OperationDefinitionNode;
    return {
      document,
      operation,
      variables: {},
      principal: caller,
      request: { headers: {}, operationName: undefined, operationType: 'query' as const },
      requestId: 'r',
      signal: new AbortController().signal,
    };
  };
  const flat = requestOf('{ me { name email } }', principal);
  const secret = requestOf('{ secret(id: "u1") }', principal);
  const wide = `{ me { ${protectedNames.join(' ')} } }`;

  print(
    'a verified token identifies its caller',
    leastCpu({ rounds, turns: 200_000 }, () => authenticator.identify(facts)),
  );
  print(
    'an operation with one rule is authorised, warm',
    leastCpu({ rounds, turns: 200_000 }, () => access?.authorise(flat)),
  );
  print(
    'an operation with a policy on its arguments is authorised, warm',
    leastCpu({ rounds, turns: 50_000 }, () => access?.authorise(secret)),
  );
  for (const [what, accessOf] of [
    ['200 protected fields of an operation are filtered for the first time', () => access],
    ['the same by a generation that has filtered nothing before', () => createAccess(options)],
  ] as const) {
    const user = schema.getType('User');
    const turns = Array.from({ length: rounds * 100 }, () => {
      const ofGeneration = accessOf();
      // As in life, it has just been parsed. So short a turn has a core to itself: the clock is finer than the CPU's ticks.
      const request = requestOf(wide, anonymous);
      const before = performance.now();
      const denials = ofGeneration?.authorise(request);
      for (const name of protectedNames)
        (denials as { isDenied(type: unknown, field: unknown): boolean }).isDenied(user, { name: { value: name } });
      return (performance.now() - before) * 1_000;
    });
    print(`${what}, the median of ${turns.length}`, median(turns));
  }
  console.log(`load of the machine: ${loadavg()[0]?.toFixed(1)}`);
}

function print(what: string, microseconds: number): void {
  console.log(`${what}: ${microseconds.toFixed(2)} µs`);
}
