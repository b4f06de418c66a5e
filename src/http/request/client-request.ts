import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** A request as what answers it reads it: Fastify's, or one that was read without it. */
export interface ClientRequest {
  readonly raw: IncomingMessage;
  readonly id: string;
  /** Of the client; behind trusted proxies, what they say it is. */
  readonly clientAddress: string;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  /**
   * Header fields that the answer has beside its own. Node writes a head fast where no header was set on the response before.
   * Missing: they are set on the response.
   */
  readonly answerFields?: Map<string, string> | undefined;
}

/** What tells the callers of a canary apart before anybody is identified: their credentials, or else their address. */
export function callerKeyOf({ headers, clientAddress }: Pick<ClientRequest, 'headers' | 'clientAddress'>): string {
  const { authorization, cookie } = headers;
  return authorization ?? String(headers['x-api-key'] ?? cookie ?? clientAddress);
}

/** A client's own id where it is harmless in a log and a header, else a new one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const header = headers['x-request-id'];
  return typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : randomUUID();
}
