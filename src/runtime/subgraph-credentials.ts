/**
 * The TLS credentials of subgraphs, read when a generation first needs them, followed while one uses them: a generation that
 * is built while files are being replaced has those that are in use.
 */
import type { ResolvedConfig } from '../config/index.ts';
import { FollowedFiles, type Lease, SharedLeases } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import { type ClientCredentials, readClientCredentials, TlsFileError } from '../tls/index.ts';

export type CredentialsLease = Lease<FollowedFiles<ClientCredentials>>;

const everyMs = 10_000;

export class SubgraphCredentials {
  readonly #log: Logger;
  readonly #everyMs: number;
  readonly #shared = new SharedLeases<FollowedFiles<ClientCredentials>>((credentials) => credentials.close());

  /** @param options.everyMs how often files are read again. @default 10_000 */
  constructor(log: Logger, options: { readonly everyMs?: number } = {}) {
    this.#log = log;
    this.#everyMs = options.everyMs ?? everyMs;
  }

  /**
   * @returns undefined where the subgraph has no settings for TLS
   * @throws ConfigError naming a file that cannot be used
   */
  async acquire({ file, traffic }: ResolvedConfig, subgraph: string): Promise<CredentialsLease | undefined> {
    const tls = traffic.subgraphs[subgraph]?.tls;
    if (tls === undefined) return undefined;
    const { ca, pair, serverName, verify } = tls;
    const key = JSON.stringify([subgraph, ca?.path, pair?.cert.path, pair?.key.path, serverName, verify]);
    return this.#shared
      .acquire(key, () => this.#open(subgraph, tls))
      .catch((error: unknown) => {
        throw error instanceof TlsFileError ? error.toConfigError(file) : error;
      });
  }

  #open(subgraph: string, tls: Parameters<typeof readClientCredentials>[0]): Promise<FollowedFiles<ClientCredentials>> {
    const log = this.#log;
    if (!tls.verify) log.warn({ subgraph }, 'the certificate of a subgraph is not verified (traffic: tls.verify)');
    return FollowedFiles.open<ClientCredentials>({
      read: () => readClientCredentials(tls),
      everyMs: this.#everyMs,
      onReplaced: () => log.info({ subgraph }, 'the certificates for a subgraph were replaced'),
      onRefused: (reason) =>
        log.error(
          { subgraph, reason },
          'the certificates for a subgraph were not replaced; the previous ones are used',
        ),
    });
  }
}
