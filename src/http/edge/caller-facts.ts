import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { CallerFacts } from '../../access/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { clientCertificateOf } from './client-certificate.ts';
import { peerAddressOf } from './client-origin.ts';

/**
 * What a request's caller is identified by.
 * @param headers as the plugins left them
 * @throws GatewayError `BAD_REQUEST` for several `authorization` headers (RFC 6750, section 3.1)
 */
export function callerFactsOf(request: IncomingMessage, headers: IncomingHttpHeaders): CallerFacts {
  if (headers.authorization !== undefined) refuseRepeated(request.rawHeaders);
  return { headers, address: peerAddressOf(request), certificate: clientCertificateOf(request) };
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
