import type { IncomingMessage, ServerResponse } from 'node:http';

/** An answer as what writes it sees it until it is sent: Fastify's reply, or one without it. */
export interface ClientReply {
  readonly raw: ServerResponse;
  readonly request: { readonly raw: IncomingMessage };
  readonly statusCode: number;
  code(status: number): unknown;
  header(name: string, value: string | readonly string[]): unknown;
  removeHeader(name: string): unknown;
  getHeaders(): Readonly<Record<string, number | string | readonly string[] | undefined>>;
  /** From here on the answer is written to `raw`. */
  hijack(): unknown;
  send(body: string): unknown;
}
