import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { RequestHeaderRule } from '../../../src/config/index.ts';
import { CollectedResponseHeaders } from '../../../src/transport/index.ts';
import { compileRequestHeaderRules } from '../../../src/transport/request-header-rules.ts';
import { applyResponseHeaderRules } from '../../../src/transport/response-headers.ts';

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
    expect(compileRequestHeaderRules(rules)?.(client)).toEqual(expected);
  });

  it('find nothing without a client', () => {
    expect(compileRequestHeaderRules([matching('.'), named('a', { default: 'd' })])?.(undefined)).toEqual(['a', 'd']);
  });

  it('cost nothing where there are none', () => {
    expect(compileRequestHeaderRules([])).toBeUndefined();
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
