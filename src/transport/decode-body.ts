/**
 * Undoes gzip, br and deflate, bounded by the bytes that come out: a bomb is cut at the limit, off the event loop.
 */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { messageOf } from '../errors/index.ts';

export type Decoded =
  | { readonly kind: 'decoded'; readonly body: Buffer }
  | { readonly kind: 'refused'; readonly detail: string };

const decoders = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
  deflate: (body: Buffer, options: { readonly maxOutputLength: number }): Promise<Buffer> =>
    // "deflate" is the zlib format (RFC 9110, section 8.4.1.2), but some servers send the bare one.
    promisify(((body[0] ?? 0) & 0x0f) === 8 ? inflate : inflateRaw)(body, options),
} as const;

export function isEncoded(encoding: string | readonly string[] | undefined): encoding is string | readonly string[] {
  return encoding !== undefined && encoding !== '' && encoding !== 'identity';
}

export async function decodeBody(
  body: Buffer,
  encoding: string | readonly string[],
  maxBytes: number,
): Promise<Decoded> {
  const name = String(encoding).toLowerCase();
  if (!Object.hasOwn(decoders, name))
    return { kind: 'refused', detail: 'the content-encoding is not one that was asked for' };
  try {
    return {
      kind: 'decoded',
      body: await decoders[name as keyof typeof decoders](body, { maxOutputLength: maxBytes }),
    };
  } catch (error) {
    const tooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return {
      kind: 'refused',
      detail: tooLarge ? `the answer exceeds ${maxBytes} bytes` : `the body cannot be decoded: ${messageOf(error)}`,
    };
  }
}
