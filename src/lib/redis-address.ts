/**
 * Where Redis or Valkey is, by a URL:
 *
 * - `redis://[user:password@]host[:port][/database]`: one server
 * - `redis-sentinel://[user:password@]host[:port],host…/<name>[/database]`: the primary that Sentinels know by that name;
 *   `?sentinelUsername=…&sentinelPassword=…` where they require it
 * - `redis-cluster://[user:password@]host[:port],host…`: a cluster, by some of its nodes
 *
 * With `rediss` for `redis` connections use TLS.
 */
export interface RedisAddress {
  readonly kind: 'server' | 'sentinel' | 'cluster';
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly isTls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** What Sentinels call the primary. */
  readonly primary: string;
  readonly sentinelUsername: string | undefined;
  readonly sentinelPassword: string | undefined;
}

const form = /^redis(s?)(?:-(cluster|sentinel))?:\/\/(?:([^@/\s]*)@)?([^@/?#\s]+)(?:\/([^?#\s]*))?(?:\?([^#\s]*))?$/;
const nodeForm = /^(\[[\da-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/;

/** @returns undefined for a text of another form */
export function parseRedisUrl(url: string): RedisAddress | undefined {
  const match = form.exec(url);
  if (match === null) return undefined;
  const [, tls, kind = 'server', credentials = '', hosts = '', path = '', query = ''] = match;
  const defaultPort = kind === 'sentinel' ? 26_379 : 6_379;
  const nodes = hosts.split(',').map((text) => nodeOf(text, defaultPort));
  const segments = path.split('/').filter((segment) => segment !== '');
  const primary = kind === 'sentinel' ? decode(segments.shift() ?? '') : '';
  const [databaseText = '0', ...more] = segments;
  const isWhole = nodes.every((node) => node !== undefined) && more.length === 0 && /^\d{1,4}$/.test(databaseText);
  const database = Number(databaseText);
  if (!isWhole || (kind === 'server' && nodes.length > 1)) return undefined;
  if ((kind === 'sentinel' && primary === '') || (kind === 'cluster' && database !== 0)) return undefined;
  const colon = credentials.indexOf(':');
  const parameters = new URLSearchParams(query);
  return {
    kind: kind as RedisAddress['kind'],
    nodes: nodes as RedisAddress['nodes'],
    isTls: tls === 's',
    username: decode(colon === -1 ? credentials : credentials.slice(0, colon)) || undefined,
    password: colon === -1 ? undefined : decode(credentials.slice(colon + 1)) || undefined,
    database,
    primary,
    sentinelUsername: parameters.get('sentinelUsername') ?? undefined,
    sentinelPassword: parameters.get('sentinelPassword') ?? undefined,
  };
}

function nodeOf(text: string, defaultPort: number): RedisAddress['nodes'][number] | undefined {
  const match = nodeForm.exec(text);
  if (match === null) return undefined;
  const [, host = '', port] = match;
  return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? defaultPort : Number(port) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
