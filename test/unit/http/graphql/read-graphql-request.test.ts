import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../src/errors/index.ts';
import { readGraphQLRequest } from '../../../../src/http/graphql/read-graphql-request.ts';
import { allowedOrigins } from '../../../../src/http/request/allowed-origins.ts';
import { refuseCrossSite } from '../../../../src/http/request/refuse-cross-site.ts';

const json = { 'content-type': 'application/json' };
const body = (text: string) => Buffer.from(text, 'utf8');

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error.code;
    throw error;
  }
  return undefined;
}

describe('a GraphQL request over HTTP', () => {
  it.each([
    ['application/json', undefined],
    ['application/json; charset=utf-8', undefined],
    ['Application/JSON;Charset="UTF-8"', undefined],
    ['application/json; charset=utf-7', 'UNSUPPORTED_MEDIA_TYPE'],
    ['application/json; charset=ibm037', 'UNSUPPORTED_MEDIA_TYPE'],
    ['text/plain', 'UNSUPPORTED_MEDIA_TYPE'],
    ['multipart/form-data; boundary=x', 'UNSUPPORTED_MEDIA_TYPE'],
    ['application/x-www-form-urlencoded', 'UNSUPPORTED_MEDIA_TYPE'],
    ['application/json, text/plain', 'UNSUPPORTED_MEDIA_TYPE'],
  ])('sent as %s', (contentType, code) => {
    const read = () =>
      readGraphQLRequest({
        method: 'POST',
        url: '/graphql',
        headers: { 'content-type': contentType },
        body: body('{"query":"{a}"}'),
      });
    expect(codeOf(read)).toBe(code);
  });

  it.each([
    ['no body', undefined],
    ['nothing', body('')],
    ['half a body', body('{"query":')],
    ['truncated UTF-8', Buffer.from([0x7b, 0x22, 0xc3])],
    ['a byte order mark', body('\ufeff{"query":"{a}"}')],
    ['a batch', body('[{"query":"{a}"}]')],
    ['null', body('null')],
    ['a string', body('"{a}"')],
    ['a query that is an object', body('{"query":{}}')],
    ['an empty query', body('{"query":""}')],
    ['variables that are a string', body('{"query":"{a}","variables":"{}"}')],
    ['variables that are a list', body('{"query":"{a}","variables":[]}')],
    ['100,000 nested lists', body(`${'['.repeat(100_000)}`)],
    ['a constructor.prototype key and no query', body('{"variables":{"constructor":{"prototype":{"polluted":1}}}}')],
  ])('with %s is refused as malformed', (_name, bytes) => {
    expect(codeOf(() => readGraphQLRequest({ method: 'POST', url: '/', headers: json, body: bytes }))).toBe(
      'BAD_REQUEST',
    );
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('has keys named __proto__ and constructor as plain data', () => {
    const text = '{"query":"{a}","variables":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}';
    const read = readGraphQLRequest({ method: 'POST', url: '/', headers: json, body: body(text) });
    expect(JSON.stringify(read.body)).toBe(text);
    expect(Object.getPrototypeOf((read.body as { readonly variables: object }).variables)).toBe(Object.prototype);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('that is compressed is refused, so that no small body becomes a large one', () => {
    const read = () =>
      readGraphQLRequest({
        method: 'POST',
        url: '/',
        headers: { ...json, 'content-encoding': 'gzip' },
        body: body('{}'),
      });
    expect(codeOf(read)).toBe('UNSUPPORTED_MEDIA_TYPE');
  });

  it.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/graphql-response+json', 'application/graphql-response+json'],
    [
      'application/graphql-response+json; charset=utf-8, application/json; charset=utf-8',
      'application/graphql-response+json',
    ],
    ['application/graphql-response+json;q=0.5, application/json', 'application/json'],
  ])('that accepts %s is answered as %s', (accept, mediaType) => {
    const headers = accept === undefined ? {} : { accept };
    expect(readGraphQLRequest({ method: 'GET', url: '/graphql?query={a}', headers, body: undefined })).toMatchObject({
      mediaType,
      search: '?query={a}',
    });
  });

  it('that accepts neither is refused before it runs', () => {
    expect(
      codeOf(() => readGraphQLRequest({ method: 'GET', url: '/', headers: { accept: 'text/html' }, body: undefined })),
    ).toBe('NOT_ACCEPTABLE');
  });

  it('by GET with another content type is refused', () => {
    expect(
      codeOf(() =>
        readGraphQLRequest({ method: 'GET', url: '/', headers: { 'content-type': 'text/plain' }, body: undefined }),
      ),
    ).toBe('UNSUPPORTED_MEDIA_TYPE');
  });

  it.each(['PUT', 'DELETE', 'HEAD', 'OPTIONS'])('by %s is refused', (method) => {
    expect(codeOf(() => readGraphQLRequest({ method, url: '/', headers: {}, body: undefined }))).toBe(
      'METHOD_NOT_ALLOWED',
    );
  });
});

describe('a cross-site request', () => {
  const allowed = allowedOrigins(['https://shop.example']);
  const get = (headers: Record<string, string>) => () =>
    refuseCrossSite({ method: 'GET', headers: { host: 'api.example', ...headers } }, allowed);

  it.each([
    ['a plain GET of a server', {}, undefined],
    ['a GET of our own page', { 'sec-fetch-site': 'same-origin', origin: 'https://api.example' }, undefined],
    ['a GET typed into the address bar', { 'sec-fetch-site': 'none' }, undefined],
    ['a cross-site GET', { 'sec-fetch-site': 'cross-site' }, 'CSRF_REFUSED'],
    ['a GET of another origin', { origin: 'https://evil.example' }, 'CSRF_REFUSED'],
    ['a GET of a sandboxed page', { origin: 'null' }, 'CSRF_REFUSED'],
    ['a GET of an allowed origin', { 'sec-fetch-site': 'cross-site', origin: 'https://shop.example' }, undefined],
    [
      'a cross-site GET that was preflighted',
      { 'sec-fetch-site': 'cross-site', 'apollo-require-preflight': 'true' },
      undefined,
    ],
    [
      'a cross-site GET with a JSON content type',
      { 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' },
      undefined,
    ],
  ])('%s', (_name, headers, code) => {
    expect(codeOf(get(headers as Record<string, string>))).toBe(code);
  });
});
