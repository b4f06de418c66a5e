/**
 * Asks a URL for a supergraph. The ETag of what is known goes with the request, and 304 means that it has not changed.
 * Redirects are not followed: the headers hold a key, which no other server is told.
 */
import type { SupergraphSource } from '../../config/index.ts';
import { readBounded } from '../../lib/index.ts';
import type { SupergraphText } from './read-supergraph-text.ts';

export interface FetchSupergraphOptions {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
  readonly known?: SupergraphText | undefined;
}

/** @throws Error with the reason, or the signal's reason */
export async function fetchSupergraph(
  { url, headers }: Extract<SupergraphSource, { readonly kind: 'http' }>,
  { timeoutMs, maxBytes, signal, known }: FetchSupergraphOptions,
): Promise<SupergraphText> {
  const { href, username, password } = new URL(url);
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(withoutUser(href), {
      headers: {
        accept: 'text/plain, application/graphql, */*;q=0.5',
        ...(username === '' && password === '' ? {} : { authorization: `Basic ${credentials}` }),
        ...headers,
        ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
      },
      redirect: 'manual',
      signal: signal === undefined ? late : AbortSignal.any([signal, late]),
    });
    if (response.status === 304 && known !== undefined) {
      await response.body?.cancel();
      return known;
    }
    if (response.status !== 200) {
      await response.body?.cancel();
      const isElsewhere = response.status >= 300 && response.status < 400;
      throw new Error(`it answers ${response.status}${isElsewhere ? '; name the URL that it redirects to' : ''}`);
    }
    const tooLong = () => new Error(`it is longer than ${maxBytes} bytes`);
    const body = await readBounded(response.body, maxBytes, tooLong);
    const sdl = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return { sdl, etag: response.headers.get('etag') ?? undefined };
  } catch (error) {
    signal?.throwIfAborted();
    if (late.aborted) throw new Error(`it does not answer within ${timeoutMs} ms`);
    throw reasonOf(error);
  }
}

function withoutUser(href: string): string {
  const url = new URL(href);
  url.username = '';
  url.password = '';
  return url.href;
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): unknown {
  return error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
}
