/** What the gateway proves itself with to a subgraph, and whom it accepts there. */
import { createSecureContext, type SecureContext } from 'node:tls';
import type { SubgraphTlsConfig } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import { readKeyPair } from './read-key-pair.ts';
import { readTlsFile, TlsFileError } from './read-tls-file.ts';

/** As Node's `connect` and undici's take it. */
export interface ClientTlsOptions {
  /** Made once: to parse certificates takes longer than a handshake. */
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: boolean;
  readonly servername?: string;
}

export interface ClientCredentials {
  readonly options: ClientTlsOptions;
  /** What was read. */
  readonly texts: readonly string[];
}

/** @throws TlsFileError naming the first file that is wrong */
export async function readClientCredentials({
  ca,
  pair: files,
  serverName,
  verify,
}: SubgraphTlsConfig): Promise<ClientCredentials> {
  const authorities = ca === undefined ? undefined : await readTlsFile(ca, 'CERTIFICATE');
  const pair = files === undefined ? undefined : await readKeyPair(files);
  const proof = pair === undefined ? {} : { cert: pair.cert, key: pair.key };
  try {
    const secureContext = createSecureContext({ ...(authorities === undefined ? {} : { ca: authorities }), ...proof });
    return {
      options: {
        secureContext,
        rejectUnauthorized: verify,
        ...(serverName === undefined ? {} : { servername: serverName }),
      },
      texts: [authorities ?? '', pair?.cert ?? '', pair?.key ?? ''],
    };
  } catch (error) {
    if (ca === undefined) throw error;
    throw new TlsFileError(ca, `the authorities cannot be used: ${messageOf(error)}`);
  }
}
