import type { ResolvedConfig } from '../../config/index.ts';

/** The admin listener of a configuration, on this machine: where it has every address, loopback is one. */
export function adminUrlOf({ host, port, tls }: NonNullable<ResolvedConfig['admin']>): string {
  const isEvery = host === '0.0.0.0' || host === '::';
  const name = host.includes(':') && !isEvery ? `[${host}]` : host;
  return `${tls ? 'https' : 'http'}://${isEvery ? '127.0.0.1' : name}:${port}`;
}
