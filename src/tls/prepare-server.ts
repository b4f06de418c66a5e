/** A server of HTTPS whose certificate is replaced while it runs (server.tls). */
import { createHash, hkdfSync } from 'node:crypto';
import type { RequestListener, Server, ServerOptions } from 'node:http';
import { createServer } from 'node:https';
import type { TLSSocket, TlsOptions, Server as TlsServer } from 'node:tls';
import type { ServerTlsConfig } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import { FollowedFiles } from '../lib/index.ts';
import { TlsFileError } from './read-tls-file.ts';
import { readServerCredentials, type ServerCredentials } from './server-credentials.ts';

/** A logger, as far as it is used here. */
export interface TlsLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface PrepareServerOptions {
  readonly tls: ServerTlsConfig;
  /** The configuration that names the files. */
  readonly configFile: string;
  readonly http: ServerOptions;
  /** Whether clients may prove themselves with certificates, where that is configured. @default true */
  readonly requestsCertificates?: boolean;
  /**
   * What the keys of session tickets are derived from: servers of one secret and one certificate resume each other's sessions.
   * @default a server resumes its own sessions alone
   */
  readonly ticketSecret?: Uint8Array | undefined;
  readonly log: TlsLog;
}

/**
 * @returns what makes the server of a listener for its requests
 * @throws ConfigError naming a file of the certificate that cannot be used
 */
export async function prepareServer({
  tls,
  configFile,
  http,
  requestsCertificates = true,
  ticketSecret,
  log,
}: PrepareServerOptions): Promise<(listener: RequestListener) => Server> {
  let server: (Server & TlsServer) | undefined;
  const withTickets = ({ options, texts }: ServerCredentials): TlsOptions =>
    ticketSecret === undefined ? options : { ...options, ticketKeys: ticketKeysOf(ticketSecret, texts) };
  const credentials = await FollowedFiles.open<ServerCredentials>({
    read: () => readServerCredentials(tls, requestsCertificates),
    everyMs: tls.reloadMs,
    onReplaced(replaced) {
      server?.setSecureContext(withTickets(replaced));
      log.info({ expires: new Date(replaced.expiresAt).toISOString() }, 'the certificate of the server was replaced');
    },
    onRefused: (reason) =>
      log.error({ reason }, 'the certificate of the server was not replaced; the previous one serves'),
  }).catch((error: unknown) => {
    throw error instanceof TlsFileError ? error.toConfigError(configFile) : error;
  });
  return (listener) => {
    const tlsOptions = withTickets(credentials.current);
    const handshakeTimeout = http.headersTimeout ?? 10_000;
    server = createServer({ ...http, ...tlsOptions, handshakeTimeout, allowHalfOpen: true }, listener);
    server.once('close', () => credentials.close());
    refuseFailedHandshakes(server, log);
    if (tlsOptions.requestCert === true) refuseInvalidCertificates(server, log);
    return server;
  };
}

/** As OpenSSL takes them: a name, and keys for authentication and encryption. */
const ticketKeysBytes = 48;

/** Other files, other keys: whose certificate has been revoked resumes no session from before. */
function ticketKeysOf(secret: Uint8Array, texts: readonly string[]): Buffer {
  const salt = createHash('sha256').update(JSON.stringify(texts)).digest();
  return Buffer.from(hkdfSync('sha256', secret, salt, 'keys of TLS session tickets', ticketKeysBytes));
}

/** Nothing is answered on a connection that is not encrypted yet. */
function refuseFailedHandshakes(server: TlsServer, log: TlsLog): void {
  server.removeAllListeners('tlsClientError');
  server.on('tlsClientError', (error, socket) => {
    log.debug({ client: socket.remoteAddress, reason: messageOf(error) }, 'a TLS handshake failed');
    socket.destroy();
  });
}

/** Where a certificate is optional, one that is not valid is still no certificate at all: its holder must not pass for nobody. */
function refuseInvalidCertificates(server: TlsServer, log: TlsLog): void {
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    if (socket.authorized || socket.getPeerX509Certificate() === undefined) return;
    const reason = messageOf(socket.authorizationError);
    log.info({ client: socket.remoteAddress, reason }, 'a client certificate was refused');
    socket.destroy();
  });
}
