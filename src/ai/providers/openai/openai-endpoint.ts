/** The endpoint and headers of requests on the OpenAI wires. */
import { ProviderFailure } from '../../model-call/index.ts';

/** `endpoint` is empty or begins with a slash. Throws `not_found` for a model whose id is not valid in a path. */
export function createUrls(baseUrl: string, apiVersion: string | undefined): (endpoint: string, model: string) => URL {
  const urlOf = (endpoint: string, base: string) => {
    const url = new URL(base);
    url.pathname = `${url.pathname.replace(/\/+$/, '')}${endpoint}`;
    if (apiVersion !== undefined) url.searchParams.set('api-version', apiVersion);
    return url;
  };
  if (!baseUrl.includes('{model}')) {
    const urls = new Map<string, URL>();
    for (const endpoint of ['', '/chat/completions', '/responses', '/embeddings', '/moderations']) {
      urls.set(endpoint, urlOf(endpoint, baseUrl));
    }
    return (endpoint) => urls.get(endpoint) ?? urlOf(endpoint, baseUrl);
  }
  return (endpoint, model) => {
    // A dot segment, encoded or not, would leave the configured path.
    if (/^\.{0,2}$/.test(model))
      throw new ProviderFailure({ kind: 'not_found', detail: `there is no model "${model}"` });
    return urlOf(endpoint, baseUrl.replaceAll('{model}', encodeURIComponent(model)));
  };
}

/** The only headers that are sent, as names and values alternately. */
export function headersFor(key: string | undefined, auth: 'bearer' | 'api-key'): readonly string[] {
  const headers = ['content-type', 'application/json', 'accept', 'application/json, text/event-stream'];
  headers.push('accept-encoding', 'identity', 'user-agent', 'isthmus');
  if (key === undefined) return headers;
  return auth === 'bearer' ? [...headers, 'authorization', `Bearer ${key}`] : [...headers, 'api-key', key];
}
