/**
 * Plain requests of /v1, answered on Node's server in front of Fastify: a POST of JSON to a path without parameters. They
 * live as every other request does, through the same functions in the same order: id, framing, the exchange that ends in
 * a line of the log, body limit, answer, refusals. Whatever is not plain in its head goes to Fastify, which answers the
 * same.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ResolvedConfig } from '../../config/index.ts';
import type { BeginExchangeOptions } from '../begin-exchange.ts';
import { corsHeaders } from '../cors.ts';
import type { ClientReply } from '../request/client-reply.ts';
import type { ClientRequest } from '../request/client-request.ts';
import { DirectRequest } from '../request/direct-request.ts';
import { isPlainPost } from '../request/is-plain.ts';
import { refuseV1 } from './refuse-v1.ts';

/** Answers a request whose body has been read. */
export type AnswerV1Request = (request: ClientRequest, reply: ClientReply) => Promise<unknown>;

export interface DirectV1Options extends BeginExchangeOptions {
  /** By path. */
  readonly routes: ReadonlyMap<string, AnswerV1Request>;
  readonly maxBodyBytes: number;
  readonly config: () => ResolvedConfig | undefined;
}

/** @returns a function that says whether the request is one that it answers */
export function directV1(options: DirectV1Options): (request: IncomingMessage, response: ServerResponse) => boolean {
  const { routes, maxBodyBytes } = options;
  return (request, response) => {
    const answer = routes.get(request.url ?? '');
    if (answer === undefined || !isPlainPost(request, maxBodyBytes)) return false;
    void new DirectRequest(options, request, response, (direct) => {
      const reply = new DirectReply(options, direct, response);
      answer(direct, reply).catch((error: unknown) => refuseV1(error, direct, reply, options.log));
    });
    return true;
  };
}

class DirectReply implements ClientReply {
  readonly raw: ServerResponse;
  readonly request: DirectRequest;
  statusCode = 200;
  readonly #headers: Record<string, string | readonly string[]> = Object.create(null);

  constructor({ config, isDraining }: DirectV1Options, request: DirectRequest, response: ServerResponse) {
    this.raw = response;
    this.request = request;
    this.#headers['x-request-id'] = request.id;
    this.#headers['x-content-type-options'] = 'nosniff';
    for (const [name, value] of corsHeaders(config(), request.headers.origin)) this.#headers[name] = value;
    if (isDraining()) this.#headers.connection = 'close';
  }

  code(status: number): void {
    this.statusCode = status;
  }

  header(name: string, value: string | readonly string[]): void {
    this.#headers[name.toLowerCase()] = value;
  }

  removeHeader(name: string): void {
    delete this.#headers[name.toLowerCase()];
  }

  getHeaders(): Readonly<Record<string, string | readonly string[]>> {
    for (const [name, value] of this.request.answerFields) this.#headers[name] = value;
    return this.#headers;
  }

  hijack(): void {}

  /** Head and body in one write. */
  send(body: string): void {
    const { raw } = this;
    if (raw.headersSent || raw.destroyed) return;
    const fields: string[] = [];
    const headers = this.getHeaders();
    for (const name in headers) {
      const value = headers[name] ?? '';
      if (typeof value === 'string') fields.push(name, value);
      else for (const item of value) fields.push(name, item);
    }
    fields.push('content-length', String(Buffer.byteLength(body)));
    raw.writeHead(this.statusCode, fields);
    raw.end(body);
  }
}
