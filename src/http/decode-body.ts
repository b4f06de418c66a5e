/**
 * Bodies that clients send compressed (RFC 9110, section 8.4), for every route: decoded up to the route's own limit of a
 * body, so that a small one cannot become a large one (a "bomb"), on zlib's threads.
 */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions, zstdDecompress } from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import { GatewayError } from '../errors/index.ts';

type Decode = (body: Buffer, options: ZlibOptions) => Promise<Buffer>;

const decoders: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', promisify<Buffer, ZlibOptions, Buffer>(gunzip)],
  ['x-gzip', promisify<Buffer, ZlibOptions, Buffer>(gunzip)],
  ['deflate', decodeDeflate],
  ['br', promisify<Buffer, { maxOutputLength?: number }, Buffer>(brotliDecompress) as Decode],
  ['zstd', promisify<Buffer, { maxOutputLength?: number }, Buffer>(zstdDecompress) as Decode],
]);

/** What a refusal says is read. */
export const readEncodings = 'gzip, deflate, br, zstd';

/** A client needs one; each more multiplies what the first bytes may become on the way. */
const maxEncodings = 2;

/**
 * The body as its route reads it; the header is taken away with the encoding.
 * @throws GatewayError `UNSUPPORTED_MEDIA_TYPE`, `CONTENT_TOO_LARGE`, or `BAD_REQUEST` for what is not what it says
 */
export async function decodeBody(request: FastifyRequest, body: Buffer): Promise<Buffer> {
  const { headers } = request.raw;
  const encodings = (headers['content-encoding'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  delete headers['content-encoding'];
  if (encodings.length > maxEncodings) throw new GatewayError('UNSUPPORTED_MEDIA_TYPE');
  let decoded = body;
  for (const name of encodings.reverse()) {
    const decode = decoders.get(name);
    if (decode === undefined) throw new GatewayError('UNSUPPORTED_MEDIA_TYPE');
    decoded = await decodeOne(name, decode, decoded, request.routeOptions.bodyLimit);
  }
  return decoded;
}

async function decodeOne(name: string, decode: Decode, body: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await decode(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new GatewayError('CONTENT_TOO_LARGE', { cause: error });
    }
    throw new GatewayError('BAD_REQUEST', { message: `The body is not ${name}.`, cause: error });
  }
}

/** `deflate` is zlib's format; some clients send the bare one all the same. */
async function decodeDeflate(body: Buffer, options: ZlibOptions): Promise<Buffer> {
  const first = body[0] ?? 0;
  const isZlib = (first & 0x0f) === 8 && ((first << 8) | (body[1] ?? 0)) % 31 === 0;
  return promisify<Buffer, ZlibOptions, Buffer>(isZlib ? inflate : inflateRaw)(body, options);
}
