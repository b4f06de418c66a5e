/**
 * Decoders of complete bodies by content coding (RFC 9110, section 8.4.1), on zlib's threads. `maxOutputLength` bounds
 * the output: above it the promise is rejected with the code ERR_BUFFER_TOO_LARGE, which prevents decompression bombs.
 */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib';

export type ContentDecoder = (body: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

export const contentDecoders: ReadonlyMap<string, ContentDecoder> = new Map<string, ContentDecoder>([
  ['gzip', promisify(gunzip) as ContentDecoder],
  ['x-gzip', promisify(gunzip) as ContentDecoder],
  ['deflate', decodeDeflate],
  ['br', promisify(brotliDecompress) as ContentDecoder],
  ['zstd', promisify(zstdDecompress) as ContentDecoder],
]);

/** `deflate` is the zlib format (section 8.4.1.2), but some senders write raw deflate. */
function decodeDeflate(body: Buffer, options: { readonly maxOutputLength: number }): Promise<Buffer> {
  const first = body[0] ?? 0;
  const isZlib = (first & 0x0f) === 8 && ((first << 8) | (body[1] ?? 0)) % 31 === 0;
  return (promisify(isZlib ? inflate : inflateRaw) as ContentDecoder)(body, options);
}

export function isBeyondLimit(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
