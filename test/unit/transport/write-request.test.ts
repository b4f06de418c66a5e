import { describe, expect, it } from 'vitest';
import { writeRequest } from '../../../src/transport/write-request.ts';

const base = { kind: 'query', query: 'query Q { "a" }' } as const;

describe('a request’s body', () => {
  it.each([
    ['no variables', {}, {}],
    ['an object', { variables: { x: 1 } }, { variables: { x: 1 } }],
    ['a name', { operationName: 'Q' }, { operationName: 'Q' }],
    ['ready text, which wins', { variables: { x: 1 }, variablesJson: '{"y":2}' }, { variables: { y: 2 } }],
    [
      'representations alone',
      { representationsJson: ['{"id":1}', '{"id":2}'] },
      { variables: { representations: [{ id: 1 }, { id: 2 }] } },
    ],
    [
      'representations beside an object',
      { representationsJson: ['{"id":1}'], variables: { x: 1 } },
      { variables: { representations: [{ id: 1 }], x: 1 } },
    ],
    [
      'representations beside text',
      { representationsJson: [], variablesJson: ' { "x" : 1 } ' },
      { variables: { representations: [], x: 1 } },
    ],
    [
      'representations beside an empty object',
      { representationsJson: ['1'], variablesJson: '{}' },
      { variables: { representations: [1] } },
    ],
  ])('has %s', (_name, request, expected) => {
    expect(JSON.parse(writeRequest({ ...base, ...request }))).toEqual({ query: base.query, ...expected });
  });

  it('has the hash instead of the query, or in addition to it', () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'abc' } };
    const request = { ...base, operationName: 'Q', variables: { x: 1 } };
    const rest = { extensions, operationName: 'Q', variables: { x: 1 } };
    expect(JSON.parse(writeRequest(request, { sha256Hash: 'abc', withQuery: false }))).toEqual(rest);
    expect(JSON.parse(writeRequest(request, { sha256Hash: 'abc', withQuery: true }))).toEqual({
      query: base.query,
      ...rest,
    });
  });
});
