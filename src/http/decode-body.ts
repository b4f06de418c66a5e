/**
 * Bodies that clients send compressed (RFC 9110, section 8.4), for every route: decoded up to the route's own limit of a
 * body.
 */
import type { FastifyRequest } from 'fastify';
import { GatewayError } from '../errors/index.ts';
import { type ContentDecoder, contentDecoders, isBeyondLimit } from '../lib/index.ts';

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
    const decode = contentDecoders.get(name);
    if (decode === undefined) throw new GatewayError('UNSUPPORTED_MEDIA_TYPE');
    decoded = await decodeOne(name, decode, decoded, request.routeOptions.bodyLimit);
  }
  return decoded;
}

async function decodeOne(name: string, decode: ContentDecoder, body: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await decode(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if (isBeyondLimit(error)) throw new GatewayError('CONTENT_TOO_LARGE', { cause: error });
    throw new GatewayError('BAD_REQUEST', { message: `The body is not ${name}.`, cause: error });
  }
}
