/**
 * Undoes gzip, br and deflate, bounded by the bytes that come out: a bomb is cut at the limit, off the event loop.
 */
import { messageOf } from '../errors/index.ts';
import { contentDecoders, isBeyondLimit } from '../lib/index.ts';

export type Decoded =
  | { readonly kind: 'decoded'; readonly body: Buffer }
  | { readonly kind: 'refused'; readonly detail: string };

/** What subgraphs are asked for; any other coding was not agreed on. */
const acceptedEncodings: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'br', 'deflate']);

export function isEncoded(encoding: string | readonly string[] | undefined): encoding is string | readonly string[] {
  return encoding !== undefined && encoding !== '' && encoding !== 'identity';
}

export async function decodeBody(
  body: Buffer,
  encoding: string | readonly string[],
  maxBytes: number,
): Promise<Decoded> {
  const name = String(encoding).toLowerCase();
  const decode = acceptedEncodings.has(name) ? contentDecoders.get(name) : undefined;
  if (decode === undefined) return { kind: 'refused', detail: 'the content-encoding is not one that was asked for' };
  try {
    return { kind: 'decoded', body: await decode(body, { maxOutputLength: maxBytes }) };
  } catch (error) {
    return {
      kind: 'refused',
      detail: isBeyondLimit(error)
        ? `the answer exceeds ${maxBytes} bytes`
        : `the body cannot be decoded: ${messageOf(error)}`,
    };
  }
}
