import type { IncomingHttpHeaders } from 'node:http';
import type { CallerFacts } from '../../access/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { ClientRequest } from '../request/client-request.ts';
import { clientCertificateOf } from './client-certificate.ts';
import { peerAddressOf } from './client-origin.ts';

/**
 * What a request's caller is identified by.
 * @param headers as the plugins left them
 * @throws GatewayError `BAD_REQUEST` for several `authorization` headers (RFC 6750, section 3.1)
 */
export function callerFactsOf(
  { raw, id: requestId }: Pick<ClientRequest, 'raw' | 'id'>,
  headers: IncomingHttpHeaders,
): CallerFacts {
  if (headers.authorization !== undefined) refuseRepeated(raw.rawHeaders);
  return { headers, address: peerAddressOf(raw), certificate: clientCertificateOf(raw), requestId };
}

/** Node keeps the first of several; a proxy in front may have checked another one. */
function refuseRepeated(rawHeaders: readonly string[]): void {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 13 && name.toLowerCase() === 'authorization' && ++count > 1)
      throw new GatewayError('BAD_REQUEST', { message: 'The request has several authorization headers.' });
  }
}
