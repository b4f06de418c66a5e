import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { CallerFacts } from '../../access/index.ts';
import { clientCertificateOf } from './client-certificate.ts';
import { peerAddressOf } from './client-origin.ts';

/**
 * What a request's caller is identified by.
 * @param headers as the plugins left them
 */
export function callerFactsOf(request: IncomingMessage, headers: IncomingHttpHeaders): CallerFacts {
  return { headers, address: peerAddressOf(request), certificate: clientCertificateOf(request) };
}
