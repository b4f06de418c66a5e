/** The endpoint and headers of requests on Anthropic's wire. */
import { ProviderFailure, recordOf, textIn } from '../../model-call/index.ts';
import { secretsIn } from '../http/index.ts';

/** The only version of the wire; newer features are enabled by `anthropic-beta`. */
const version = '2023-06-01';

/** Headers that the connection sets; the configuration cannot override them. */
const fixedHeaders = new Set(['user-agent', 'accept-encoding', 'connection', 'host', 'content-length', 'content-type']);

export interface AnthropicEndpoint {
  readonly url: URL;
  /** The configured credentials, which are redacted from failures. */
  readonly secrets: readonly string[];
  /** Names and values alternately. @throws ProviderFailure if the configuration has two kinds of credentials */
  headers(key: string | undefined, betas: ReadonlySet<string>): readonly string[];
}

/**
 * @param settings `headers`, `authToken` (sent as a bearer token) and `apiKey` are read; the others are the package's
 * own
 */
export function anthropicEndpoint(
  baseUrl: string,
  keys: readonly string[],
  settings: Readonly<Record<string, unknown>>,
): AnthropicEndpoint {
  const url = new URL(baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/messages`;
  const authToken = textIn(settings.authToken);
  const configured = Object.entries(recordOf(settings.headers)).filter(
    (header): header is [string, string] =>
      typeof header[1] === 'string' && !fixedHeaders.has(header[0].toLowerCase()) && !isBeta(header[0]),
  );
  const betaHeader = Object.entries(recordOf(settings.headers)).find(([name]) => isBeta(name))?.[1];
  const configuredBetas = String(betaHeader ?? '')
    .toLowerCase()
    .split(',')
    .map((beta) => beta.trim())
    .filter((beta) => beta !== '');

  function credentials(key: string | undefined): readonly string[] {
    const apiKey = key ?? textIn(settings.apiKey);
    if (apiKey !== undefined && authToken !== undefined) {
      throw new ProviderFailure({ kind: 'invalid_request', detail: 'both a key and `authToken` are configured' });
    }
    if (authToken !== undefined) return ['authorization', `Bearer ${authToken}`];
    return apiKey === undefined ? [] : ['x-api-key', apiKey];
  }

  return {
    url,
    secrets: [...keys, ...secretsIn(settings)],
    headers(key, betas) {
      const all = new Set([...betas, ...configuredBetas]);
      return [
        ...['content-type', 'application/json', 'accept', 'application/json, text/event-stream'],
        ...['accept-encoding', 'identity', 'user-agent', 'isthmus'],
        ...(configured.some(([name]) => /^anthropic-version$/i.test(name)) ? [] : ['anthropic-version', version]),
        ...credentials(key),
        ...configured.flat(),
        ...(all.size === 0 ? [] : ['anthropic-beta', [...all].join(',')]),
      ];
    },
  };
}

function isBeta(name: string): boolean {
  return name.toLowerCase() === 'anthropic-beta';
}
