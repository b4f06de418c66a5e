import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { anonymous, type Principal } from '../../../src/access/index.ts';
import type { PrincipalPart, RequestHeaderRule } from '../../../src/config/index.ts';
import { splitHeaderRules } from '../../../src/transport/headers/fixed-header-rules.ts';
import { compileRequestHeaderRules } from '../../../src/transport/headers/request-header-rules.ts';
import { applyResponseHeaderRules } from '../../../src/transport/headers/response-headers.ts';
import { CollectedResponseHeaders } from '../../../src/transport/index.ts';
import { Random } from '../../testkit/random/random.ts';
import { newSeed } from '../../testkit/random/random-runs.ts';

const named = (name: string, rest: { rename?: string; default?: string } = {}): RequestHeaderRule => ({
  kind: 'propagate',
  named: name,
  rename: rest.rename,
  default: rest.default,
});
const matching = (pattern: string): RequestHeaderRule => ({ kind: 'propagate-matching', matching: pattern });
const client: IncomingHttpHeaders = {
  host: 'gateway.example',
  connection: 'keep-alive, X-Hop',
  'content-length': '10',
  'transfer-encoding': 'chunked',
  te: 'trailers',
  'accept-encoding': 'zstd',
  'accept-language': 'de',
  'x-hop': 'one',
  'x-shop-a': '1',
  'x-shop-b': '2',
  cookie: 'session=1',
};

describe('request header rules', () => {
  it.each([
    ['propagate a named header', [named('accept-language')], ['accept-language', 'de']],
    ['leave out what the client did not send', [named('x-none')], []],
    ['send a default for it', [named('x-none', { default: 'd' })], ['x-none', 'd']],
    [
      'prefer what the client sent to the default',
      [named('accept-language', { default: 'en' })],
      ['accept-language', 'de'],
    ],
    ['rename', [named('accept-language', { rename: 'x-language' })], ['x-language', 'de']],
    ['propagate by pattern, whatever the case', [matching('^X-SHOP-')], ['x-shop-a', '1', 'x-shop-b', '2']],
    [
      'remove what an earlier rule set',
      [matching('^x-shop-'), { kind: 'remove', named: 'x-shop-a' }],
      ['x-shop-b', '2'],
    ],
    [
      'do not remove what a later rule sets',
      [{ kind: 'remove', named: 'x-shop-a' }, named('x-shop-a')],
      ['x-shop-a', '1'],
    ],
    ['remove by pattern', [matching('^x-shop-'), { kind: 'remove-matching', matching: 'A$' }], ['x-shop-b', '2']],
    [
      'insert over what was propagated',
      [named('accept-language'), { kind: 'insert', name: 'accept-language', value: 'fr' }],
      ['accept-language', 'fr'],
    ],
    [
      'propagate over what was inserted',
      [{ kind: 'insert', name: 'accept-language', value: 'fr' }, named('accept-language')],
      ['accept-language', 'de'],
    ],
    [
      'never carry headers of one connection, named',
      [
        named('host'),
        named('content-length'),
        named('te'),
        named('connection'),
        named('x-hop'),
        named('accept-encoding'),
      ],
      [],
    ],
    [
      'never carry them under another name',
      [named('accept-language', { rename: 'host' }), { kind: 'insert', name: 'transfer-encoding', value: 'chunked' }],
      [],
    ],
    [
      'never carry them by pattern, nor those that Connection lists',
      [matching('.')],
      ['accept-language', 'de', 'x-shop-a', '1', 'x-shop-b', '2', 'cookie', 'session=1'],
    ],
    [
      'are not fooled by names of Object.prototype',
      [named('constructor'), named('__proto__', { default: 'd' })],
      ['__proto__', 'd'],
    ],
  ] as [string, RequestHeaderRule[], string[]][])('%s', (_name, rules, expected) => {
    expect(compileRequestHeaderRules(rules)?.(client, anonymous)).toEqual(expected);
  });

  it('carry the address of the client, which no client can set', () => {
    const address: RequestHeaderRule = { kind: 'insert-client-address', name: 'x-real-ip' };
    const headers = { 'x-real-ip': 'forged', 'x-a': 'forged' };
    const forward = compileRequestHeaderRules([address, matching('.'), named('x-a', { rename: 'x-real-ip' })]);
    expect(forward?.(headers, anonymous, '192.0.2.1')).toEqual(['x-real-ip', '192.0.2.1', 'x-a', 'forged']);
    expect(forward?.(headers, anonymous)).toEqual(['x-a', 'forged']);
  });

  it('find nothing without a client', () => {
    expect(compileRequestHeaderRules([matching('.'), named('a', { default: 'd' })])?.(undefined, anonymous)).toEqual([
      'a',
      'd',
    ]);
  });

  it('cost nothing where there are none', () => {
    expect(compileRequestHeaderRules([])).toBeUndefined();
  });
});

describe('rules whose result is the same for every request', () => {
  const insert = (name: string, value: string): RequestHeaderRule => ({ kind: 'insert', name, value });
  const remove = (name: string): RequestHeaderRule => ({ kind: 'remove', named: name });
  const removeMatching = (pattern: string): RequestHeaderRule => ({ kind: 'remove-matching', matching: pattern });

  it('are set apart where no later rule may change what they insert', () => {
    const rules = [
      insert('x-a', '1'),
      named('x-b'),
      insert('x-b', '2'),
      insert('x-c', '3'),
      named('x-c'),
      insert('host', 'h'),
    ];
    expect(splitHeaderRules(rules).fixedHeaders).toEqual(['x-a', '1', 'x-b', '2']);
    expect(splitHeaderRules([insert('x-a', '1'), removeMatching('^X-')]).fixedHeaders).toEqual([]);
    expect(splitHeaderRules([insert('x-a', '1'), matching('.')]).fixedHeaders).toEqual([]);
  });

  it('send with the others exactly what all of them in order do, whatever they are', () => {
    const random = new Random(newSeed('header rules'));
    const names = ['x-a', 'x-b', 'x-c', 'host', 'te'];
    const pick = (): string => random.pick(names);
    const anyRule = (): RequestHeaderRule =>
      random.pick([
        insert(pick(), random.pick(['1', '2'])),
        insert(pick(), random.pick(['3', '4'])),
        named(pick(), random.chance(0.5) ? { rename: pick() } : { default: 'd' }),
        matching(random.pick(['^x-[ab]', '.', 'C$'])),
        remove(pick()),
        removeMatching(random.pick(['A$', '^x-', 'none'])),
        { kind: 'insert-client-address', name: pick() },
        { kind: 'insert-principal', name: pick(), from: { kind: 'id' } },
      ]);
    const headers = {
      'x-a': 'client a',
      'x-c': ['one', 'two'],
      host: 'gateway',
      connection: 'x-b',
    } as IncomingHttpHeaders;
    for (let run = 0; run < 2_000; run++) {
      const rules = Array.from({ length: 1 + random.below(6) }, anyRule);
      const principal = { ...anonymous, id: 'u1' };
      const { fixedHeaders, rules: others } = splitHeaderRules(rules);
      const sentApart = [
        ...fixedHeaders,
        ...(compileRequestHeaderRules(others)?.(headers, principal, '192.0.2.1') ?? []),
      ];
      const sentTogether = compileRequestHeaderRules(rules)?.(headers, principal, '192.0.2.1') ?? [];
      expect(linesOf(sentApart), JSON.stringify(rules)).toEqual(linesOf(sentTogether));
    }
  });
});

/** Sorted, because the order of headers of different names says nothing (RFC 9110, section 5.3). */
function linesOf(pairs: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < pairs.length; at += 2) lines.push(`${pairs[at]}: ${pairs[at + 1]}`);
  return lines.sort();
}

describe('headers that carry the caller', () => {
  const caller: Principal = {
    id: 'u1',
    kind: 'user',
    tenant: 'shop',
    scopes: ['email:read', 'orders'],
    roles: ['support'],
    claims: { name: 'Zoë', age: 4, org: { id: 7, tags: ['a', 'b'] }, none: null, 'x.y': 1 },
  };
  const insert = (from: PrincipalPart): RequestHeaderRule => ({ kind: 'insert-principal', name: 'x-user', from });
  const claim = (...path: string[]): PrincipalPart => ({ kind: 'claim', path });
  const sent = (rules: RequestHeaderRule[], principal = caller) =>
    compileRequestHeaderRules(rules)?.({ 'x-user': 'forged', 'x-other': 'forged' }, principal);

  it.each([
    [{ kind: 'id' }, 'u1'],
    [{ kind: 'tenant' }, 'shop'],
    [{ kind: 'scopes' }, 'email:read orders'],
    [{ kind: 'roles' }, 'support'],
    [claim('name'), Buffer.from('Zoë').toString('latin1')],
    [claim('age'), '4'],
    [claim('org', 'tags'), 'a b'],
    [claim('org'), '{"id":7,"tags":["a","b"]}'],
  ] as [PrincipalPart, string][])('hold its %j', (from, value) => {
    expect(sent([insert(from)])).toEqual(['x-user', value]);
  });

  it.each([claim('none'), claim('nothing', 'there'), claim('constructor'), claim('name', 'length')])(
    'are not sent without a value: %j',
    (from) => expect(sent([insert(from)])).toEqual([]),
  );

  it.each([
    ['before', [matching('.'), insert({ kind: 'id' })]],
    ['after', [insert({ kind: 'id' }), matching('.'), named('x-user', { default: 'd' })]],
    ['renamed', [insert({ kind: 'id' }), named('x-other', { rename: 'x-user' })]],
    ['where the caller has no value', [matching('.'), named('x-user'), insert(claim('nothing'))]],
  ])('are never what a client sent: %s', (where, rules) => {
    const headers = sent(rules) ?? [];
    const at = headers.indexOf('x-user');
    expect(at === -1 ? undefined : headers[at + 1]).toBe(where.startsWith('where') ? undefined : 'u1');
  });

  it.each(['u1 ', ' u1', 'u1\r\nx-admin: 1', 'u1\t', ''])(
    'are not sent for the id %j, which a header changes',
    (id) => {
      expect(sent([insert({ kind: 'id' })], { ...caller, id })).toEqual([]);
    },
  );

  it('leave out a scope that reads as two', () => {
    const scopes = ['orders', 'a admin', 'b,admin'];
    expect(sent([insert({ kind: 'scopes' })], { ...caller, scopes })).toEqual(['x-user', 'orders']);
  });
});

describe('response header rules', () => {
  const collect = (
    merge: 'first' | 'last' | 'append',
    name: string,
    ...answers: Record<string, string | string[]>[]
  ) => {
    const collected = new CollectedResponseHeaders();
    for (const headers of answers) applyResponseHeaderRules([{ named: name, merge }], headers, collected);
    return [...collected.entries()];
  };

  it.each([
    ['first', [['x-a', '1']]],
    ['last', [['x-a', '2']]],
    ['append', [['x-a', '1, 2']]],
  ] as ['first' | 'last' | 'append', string[][]][])('merge several answers by %s', (merge, expected) => {
    expect(collect(merge, 'x-a', { 'x-a': '1' }, { 'x-b': '3' }, { 'x-a': '2' })).toEqual(expected);
  });

  it('carry nothing that is not named, cookies least of all', () => {
    expect(collect('last', 'x-a', { 'set-cookie': ['a=1'], 'x-b': '1' })).toEqual([]);
  });

  it('send each cookie on its own line', () => {
    expect(collect('append', 'set-cookie', { 'set-cookie': ['a=1', 'b=2'] }, { 'set-cookie': ['c=3'] })).toEqual([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['set-cookie', 'c=3'],
    ]);
  });

  it('never forward headers of one connection', () => {
    expect(collect('last', 'content-length', { 'content-length': '1' })).toEqual([]);
  });
});
