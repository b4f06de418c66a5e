import { describe, expect, it } from 'vitest';
import { MalformedResponse, readHead } from '../../../../src/transport/lean/read-head.ts';

const head = (...lines: string[]): string => lines.join('\r\n');

describe('the head of a response', () => {
  it('is its status, its headers by lower-case name and how the body ends', () => {
    const read = readHead(head('HTTP/1.1 200 OK', 'Content-Length: 12', 'X-A: one', 'x-a:  two \t', 'x-empty:'));
    expect(read).toEqual({
      status: 200,
      headers: { 'content-length': '12', 'x-a': ['one', 'two'], 'x-empty': '' },
      framing: { kind: 'length', bytes: 12 },
      persists: true,
      idleMs: undefined,
    });
  });

  it.each([
    ['a body of no bytes', ['HTTP/1.1 200 OK', 'content-length: 0'], 'none', true],
    ['chunks', ['HTTP/1.1 200', 'transfer-encoding: Chunked'], 'chunked', true],
    ['204', ['HTTP/1.1 204 No Content'], 'none', true],
    ['304 with a length', ['HTTP/1.1 304 Not Modified', 'content-length: 5'], 'none', true],
    ['neither length nor chunks', ['HTTP/1.1 200 OK'], 'until-close', false],
    ['connection: close', ['HTTP/1.1 200 OK', 'content-length: 1', 'connection: foo, Close'], 'length', false],
    ['HTTP/1.0', ['HTTP/1.0 200 OK', 'content-length: 1'], 'length', false],
  ] as const)('of %s determines where the body ends', (_name, lines, kind, persists) => {
    const read = readHead(head(...lines));
    expect([read.framing.kind, read.persists]).toEqual([kind, persists]);
  });

  it('determines how long the server keeps the connection', () => {
    expect(readHead(head('HTTP/1.1 204 x', 'keep-alive: max=5, timeout=7')).idleMs).toBe(7_000);
  });

  it.each([
    ['no version', 'OK 200'],
    ['another version', 'HTTP/2 200 OK'],
    ['a status of four digits', 'HTTP/1.1 2000 OK'],
    ['two lengths', 'HTTP/1.1 200 OK', 'content-length: 1', 'content-length: 1'],
    ['a list of lengths', 'HTTP/1.1 200 OK', 'content-length: 1, 1'],
    ['a negative length', 'HTTP/1.1 200 OK', 'content-length: -1'],
    ['a length beside chunks', 'HTTP/1.1 200 OK', 'content-length: 1', 'transfer-encoding: chunked'],
    ['another coding', 'HTTP/1.1 200 OK', 'transfer-encoding: gzip, chunked'],
    ['chunks twice', 'HTTP/1.1 200 OK', 'transfer-encoding: chunked', 'transfer-encoding: chunked'],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK', 'transfer-encoding: chunked'],
    ['a folded line', 'HTTP/1.1 200 OK', 'x-a: 1', ' more'],
    ['white space before the colon', 'HTTP/1.1 200 OK', 'content-length : 1'],
    ['no colon', 'HTTP/1.1 200 OK', 'x-a'],
    ['no name', 'HTTP/1.1 200 OK', ': x'],
    ['a control character', 'HTTP/1.1 200 OK', 'x-a: a\u0000b'],
    ['a bare line feed', 'HTTP/1.1 200 OK', 'x-a: a\nx-b: b'],
    ['a bare carriage return', 'HTTP/1.1 200 OK', 'x-a: a\rx-b: b'],
  ])('with %s is refused', (_name, ...lines) => {
    expect(() => readHead(head(...lines))).toThrow(MalformedResponse);
  });

  it('named like a property of objects is a header like any other', () => {
    const { headers } = readHead(head('HTTP/1.1 204 x', '__proto__: 1', 'constructor: 2'));
    expect(Object.entries(headers)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });
});
