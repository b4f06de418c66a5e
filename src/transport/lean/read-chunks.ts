/**
 * Takes a chunked body apart (RFC 9112, section 7.1), however its bytes are cut. Strict: a size is hexadecimal digits
 * alone, lines end with CRLF, extensions and trailers are bounded and passed over.
 */
import { MalformedResponse } from './read-head.ts';

/** The longest line of a size with its extensions, and the most bytes of trailers. */
const maxLine = 1_024;
const maxTrailers = 8_192;

const cr = 0x0d;
const lf = 0x0a;
const semicolon = 0x3b;

type Place = 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'trailer-lf' | 'end';

export class ChunkReader {
  #place: Place = 'size';
  #remainingBytes = 0;
  #digits = 0;
  #line = 0;
  #trailers = 0;
  #isEmptyLine = true;

  /**
   * @param take called with each piece of the body, a view of `bytes`
   * @returns how many bytes were read: fewer than there are only where the body has ended before them
   * @throws MalformedResponse
   */
  read(bytes: Buffer, take: (piece: Buffer) => void): number {
    let at = 0;
    while (at < bytes.length && this.#place !== 'end') {
      if (this.#place === 'data') {
        const piece = bytes.subarray(at, at + this.#remainingBytes);
        at += piece.length;
        this.#remainingBytes -= piece.length;
        if (this.#remainingBytes === 0) this.#place = 'data-cr';
        take(piece);
      } else this.#step(bytes[at++] ?? 0);
    }
    return at;
  }

  get hasEnded(): boolean {
    return this.#place === 'end';
  }

  #step(byte: number): void {
    switch (this.#place) {
      case 'size':
        this.#readSize(byte);
        return;
      case 'extension':
        if (byte === cr) this.#place = 'size-lf';
        else if (++this.#line > maxLine || byte < 0x20) throw new MalformedResponse('a chunk’s extension is malformed');
        return;
      case 'size-lf':
        if (byte !== lf) throw new MalformedResponse('a chunk’s size does not end with CRLF');
        this.#place = this.#remainingBytes === 0 ? 'trailer' : 'data';
        this.#isEmptyLine = true;
        return;
      case 'data-cr':
        if (byte !== cr) throw new MalformedResponse('a chunk is longer than its size');
        this.#place = 'data-lf';
        return;
      case 'data-lf':
        if (byte !== lf) throw new MalformedResponse('a chunk does not end with CRLF');
        this.#place = 'size';
        this.#digits = 0;
        this.#line = 0;
        return;
      case 'trailer':
        if (++this.#trailers > maxTrailers) throw new MalformedResponse('the trailers are too long');
        if (byte === cr) this.#place = 'trailer-lf';
        else if (byte < 0x20 && byte !== 0x09) throw new MalformedResponse('a trailer is malformed');
        else this.#isEmptyLine = false;
        return;
      case 'trailer-lf':
        if (byte !== lf) throw new MalformedResponse('a trailer does not end with CRLF');
        this.#place = this.#isEmptyLine ? 'end' : 'trailer';
        this.#isEmptyLine = true;
        return;
      default:
    }
  }

  #readSize(byte: number): void {
    const digit = hexadecimal(byte);
    if (digit !== undefined) {
      // 12 digits are 2^48 bytes, far beyond every limit, and exact in a number.
      if (++this.#digits > 12) throw new MalformedResponse('a chunk’s size is too long');
      this.#remainingBytes = this.#remainingBytes * 16 + digit;
    } else if (this.#digits === 0) throw new MalformedResponse('a chunk has no size');
    else if (byte === cr) this.#place = 'size-lf';
    else if (byte === semicolon) this.#place = 'extension';
    else throw new MalformedResponse('a chunk’s size is malformed');
  }
}

function hexadecimal(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}
