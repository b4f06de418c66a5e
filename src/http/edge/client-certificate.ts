import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

/** One object for a connection. */
const certificate = Symbol('client certificate');

type WithCertificate = TLSSocket & { [certificate]?: X509Certificate | undefined };

/** What the client has proved to hold when the connection was made; undefined where it was not asked, or had none. */
export function clientCertificateOf({ socket }: IncomingMessage): X509Certificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const connection: WithCertificate = socket;
  connection[certificate] ??= socket.getPeerX509Certificate();
  return connection[certificate];
}
