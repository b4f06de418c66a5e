import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { isPlainPost } from '../../../src/http/request/is-plain.ts';

const plain = { host: 'localhost', 'content-type': 'application/json', 'content-length': '20' };

function isPlain(headers: Readonly<Record<string, string>>, method = 'POST'): boolean {
  const rawHeaders = Object.entries(headers).flat();
  return isPlainPost({ method, headers, rawHeaders, httpVersion: '1.1' } as unknown as IncomingMessage, 100);
}

it('a POST of JSON with its length is plain, also of a page', () => {
  expect(isPlain(plain)).toBe(true);
  expect(isPlain({ ...plain, origin: 'https://shop.example' })).toBe(true);
  expect(isPlain({ ...plain, origin: 'null', 'sec-fetch-site': 'cross-site' })).toBe(true);
});

it.each<[string, Readonly<Record<string, string>>, string?]>([
  ['another method', plain, 'OPTIONS'],
  ['another media type', { ...plain, 'content-type': 'text/plain' }],
  ['a compressed body', { ...plain, 'content-encoding': 'gzip' }],
  ['chunks', { host: 'localhost', 'content-type': 'application/json', 'transfer-encoding': 'chunked' }],
  ['an upgrade', { ...plain, upgrade: 'h2c' }],
  ['an expectation', { ...plain, expect: '100-continue' }],
  ['a body beyond the limit', { ...plain, 'content-length': '101' }],
])('%s is not', (_name, headers, method) => {
  expect(isPlain(headers, method)).toBe(false);
});
