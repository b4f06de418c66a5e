/** A line of plain values is the same text whether Isthmus writes it itself or has pino write it. */
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/observability/index.ts';
import type { LogFields } from '../../../src/observability/logger.ts';
import { plainLine } from '../../../src/observability/plain-line.ts';

const time = '2026-01-01T00:00:00.000Z';
const withTime = (line: string) => line.replace(/"time":"[^"]*"/, `"time":"${time}"`);

function pinoLine(fields: LogFields, message: string): string {
  const lines: string[] = [];
  const log = pino(
    { base: null, timestamp: () => `,"time":"${time}"`, formatters: { level: (label) => ({ level: label }) } },
    { write: (text: string) => void lines.push(text) },
  );
  log.info(fields, message);
  return lines.join('');
}

const plain: readonly (readonly [LogFields, string])[] = [
  [{}, 'ready'],
  [{ requestId: 'a', status: 200, ms: 0.1, cached: false, none: null, absent: undefined }, 'request'],
  [{ text: 'a "quote", a \\ and\na line\u2028 \ud800', 'odd "key"': 1, 2: 'second', 1: 'first' }, 'odd\n"%s" %d'],
  [{ nan: Number.NaN, infinite: Number.NEGATIVE_INFINITY, zero: -0, large: 1e21 }, 'numbers'],
];

describe('a line of plain values', () => {
  it.each(plain)('is pino’s, %j', (fields, message) => {
    expect(withTime(plainLine('info', '', fields, message) ?? '')).toBe(pinoLine(fields, message));
  });

  it.each([{ a: {} }, { a: [] }, { error: new Error('x') }, { a: 1n }, { token: 'x' }, { cookie: undefined }])(
    'is not made of %o',
    (fields) => expect(plainLine('info', '', fields, '')).toBeUndefined(),
  );
});

describe('a logger', () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const written = (log: (logger: ReturnType<typeof createLogger>) => void): unknown => {
    lines.length = 0;
    log(createLogger({ level: 'info', readable: false, destination }));
    return lines.map((line) => JSON.parse(line) as unknown);
  };

  it('has its bindings in lines of both kinds', () => {
    const all = written((log) => {
      const child = log.child({ worker: 1 }).child({}).child({ part: 'a' });
      child.info({ n: 1 }, 'plain');
      child.warn({ list: [1] }, 'not plain');
      log.child({ nested: { token: 'x' } }).error({}, 'bound to an object');
    });
    expect(all).toEqual([
      { level: 'info', time: expect.any(String), worker: 1, part: 'a', n: 1, msg: 'plain' },
      { level: 'warn', time: expect.any(String), worker: 1, part: 'a', list: [1], msg: 'not plain' },
      { level: 'error', time: expect.any(String), nested: { token: '[redacted]' }, msg: 'bound to an object' },
    ]);
  });

  it('writes no credential and nothing below its level', () => {
    const all = written((log) => {
      log.debug({}, 'too fine');
      log.info({ authorization: 'Bearer x' }, 'redacted');
    });
    expect(all).toEqual([{ level: 'info', time: expect.any(String), authorization: '[redacted]', msg: 'redacted' }]);
  });
});
