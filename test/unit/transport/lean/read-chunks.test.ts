import { describe, expect, it } from 'vitest';
import { ChunkReader } from '../../../../src/transport/lean/read-chunks.ts';
import { MalformedResponse } from '../../../../src/transport/lean/read-head.ts';

function readAll(text: string, cuts: readonly number[]): { body: string; rest: string; hasEnded: boolean } {
  const reader = new ChunkReader();
  const bytes = Buffer.from(text, 'latin1');
  let body = '';
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    const count = reader.read(bytes.subarray(at, cut), (piece) => {
      body += piece.toString('latin1');
    });
    at += count;
    if (reader.hasEnded) break;
  }
  return { body, rest: bytes.toString('latin1', at), hasEnded: reader.hasEnded };
}

const whole = '4\r\nwiki\r\n0A;name="x"\r\n0123456789\r\n0\r\nx-trailer: 1\r\n\r\nNEXT';

describe('a chunked body', () => {
  it('is the same wherever its bytes are cut', () => {
    const wanted = { body: 'wiki0123456789', rest: 'NEXT', hasEnded: true };
    expect(readAll(whole, [])).toEqual(wanted);
    for (let first = 1; first < whole.length - 4; first++) {
      for (let second = first + 1; second < whole.length - 4; second += 3)
        expect(readAll(whole, [first, second])).toEqual(wanted);
    }
  });

  it('has not ended before its last line', () => {
    for (let length = 0; length < whole.length - 4; length++)
      expect(readAll(whole.slice(0, length), []).hasEnded).toBe(false);
  });

  it.each([
    ['no size', '\r\n'],
    ['a size that is no number', 'zz\r\n'],
    ['a size with a prefix', '0x4\r\nwiki\r\n'],
    ['a negative size', '-1\r\n'],
    ['a size behind a space', ' 4\r\nwiki\r\n'],
    ['a space behind the size', '4 \r\nwiki\r\n'],
    ['a size beyond all bounds', 'fffffffffffff\r\n'],
    ['a bare line feed', '4\nwiki\n'],
    ['more bytes than its size', '4\r\nwikis\r\n'],
    ['a control character in an extension', '4;a\u0001b\r\nwiki\r\n'],
    ['an endless extension', `4;${'a'.repeat(2_000)}`],
    ['endless trailers', `0\r\n${'a: b\r\n'.repeat(2_000)}`],
    ['a bare line feed in the trailers', '0\r\na: b\nc: d\r\n\r\n'],
  ])('with %s is refused', (_name, text) => {
    expect(() => readAll(text, [])).toThrow(MalformedResponse);
  });
});
