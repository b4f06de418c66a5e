/** Compresses request bodies where that is configured, off the event loop; below 1 KiB it would not pay. */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { BodyCompression } from '../config/index.ts';

const smallest = 1_024;
const compress = { gzip: promisify(gzip), br: promisify(brotliCompress) } as const;
// Brotli's default, 11, is made for files that are compressed once: it takes a hundred times as long as 4.
const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

/** @returns the body, and its `content-encoding` where it has one */
export async function encodeBody(
  text: string,
  compression: Exclude<BodyCompression, 'none'>,
): Promise<{ readonly body: string | Buffer; readonly encoding: string | undefined }> {
  if (text.length < smallest) return { body: text, encoding: undefined };
  const body = await (compression === 'br' ? compress.br(text, brotli) : compress.gzip(text));
  return { body, encoding: compression };
}
