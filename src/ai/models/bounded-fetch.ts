/**
 * A `fetch` for one provider's fixed host. It refuses redirects, so that a key and a prompt never follow one to a host
 * that nobody configured (the class of CVE-2024-6587), reads at most `maxBytes` of the decoded answer, and sends only
 * the headers named here: what the environment or an SDK adds (organisations, platform reports) stays behind.
 */
export function boundedFetch(options: { readonly maxBytes: number; readonly authorization: string | undefined }) {
  return async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers({ accept: 'application/json', 'user-agent': 'isthmus' });
    const contentType = new Headers(init.headers).get('content-type');
    if (contentType !== null) headers.set('content-type', contentType);
    if (options.authorization !== undefined) headers.set('authorization', options.authorization);
    const response = await fetch(input, { ...init, headers, redirect: 'error' });
    const body = await readBody(response, options.maxBytes);
    return new Response(body.byteLength === 0 ? null : body, { status: response.status, headers: response.headers });
  };
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop by an error cancels the stream, which closes the connection.
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
