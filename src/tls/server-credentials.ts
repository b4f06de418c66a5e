/** What a server proves itself with, and which certificates of clients it accepts. */
import { constants } from 'node:crypto';
import { createSecureContext, type TlsOptions } from 'node:tls';
import type { ServerTlsConfig } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import { readKeyPair } from './read-key-pair.ts';
import { readTlsFile, TlsFileError } from './read-tls-file.ts';

export interface ServerCredentials {
  readonly options: TlsOptions;
  /** When the certificate expires, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** What was read. */
  readonly texts: readonly string[];
}

/**
 * @param requestsCertificates whether clients may prove themselves with certificates, where that is configured
 * @throws TlsFileError naming the first file that is wrong
 */
export async function readServerCredentials(
  { cert, key, ca, minVersion, clientAuth }: ServerTlsConfig,
  requestsCertificates = true,
): Promise<ServerCredentials> {
  const pair = await readKeyPair({ cert, key, ca });
  const authorities = clientAuth && (await readTlsFile(clientAuth.ca, 'CERTIFICATE'));
  const revoked = clientAuth?.crl && (await readTlsFile(clientAuth.crl, 'X509 CRL'));
  if (clientAuth !== undefined) {
    try {
      createSecureContext({ ca: authorities, ...(revoked === undefined ? {} : { crl: revoked }) });
    } catch (error) {
      throw new TlsFileError(clientAuth.crl ?? clientAuth.ca, `the file cannot be used: ${messageOf(error)}`);
    }
  }
  return {
    options: {
      cert: pair.cert,
      key: pair.key,
      minVersion,
      // HTTP/2 is not spoken: one protocol has one parser, and balancers speak HTTP/1.1 to what they balance.
      ALPNProtocols: ['http/1.1'],
      // The holder of a connection's certificate stays the same.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      ...(clientAuth === undefined || !requestsCertificates
        ? {}
        : {
            ca: authorities,
            ...(revoked === undefined ? {} : { crl: revoked }),
            requestCert: true,
            rejectUnauthorized: clientAuth.isRequired,
          }),
    },
    expiresAt: pair.expiresAt,
    texts: [pair.cert, pair.key, authorities ?? '', revoked ?? ''],
  };
}
