/**
 * Plain requests of /v1, answered on Node's server in front of Fastify: a POST of JSON to a path without parameters. They
 * live as every other request does, through the same functions in the same order: id, framing, the exchange that ends in
 * a line of the log, body limit, answer, refusals. Whatever is not plain in its head goes to Fastify, which answers the
 * same.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ResolvedConfig } from '../../config/index.ts';
import { type BeginExchangeOptions, beginExchange } from '../begin-exchange.ts';
import type { ClientReply } from '../request/client-reply.ts';
import { type ClientRequest, requestIdOf } from '../request/client-request.ts';
import { isPlainPost } from '../request/is-plain.ts';
import { noteFacts } from '../request/request-facts.ts';
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
    void new DirectRequest(options, answer, request, response);
    return true;
  };
}

const nothing = Buffer.alloc(0);

/** The request, whose body is read before it is answered. */
class DirectRequest implements ClientRequest {
  readonly raw: IncomingMessage;
  readonly id: string;
  readonly ip: string;
  readonly method = 'POST';
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  body: Buffer = nothing;

  constructor(options: DirectV1Options, answer: AnswerV1Request, request: IncomingMessage, response: ServerResponse) {
    this.raw = request;
    this.id = requestIdOf(request);
    this.ip = request.socket.remoteAddress ?? '';
    this.url = request.url ?? '';
    this.headers = request.headers;
    beginExchange(options, this, response);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [only = nothing] = chunks;
      this.body = chunks.length < 2 ? only : Buffer.concat(chunks);
      const reply = new DirectReply(options, this, response);
      answer(this, reply).catch((error: unknown) => refuseV1(error, this, reply, options.log));
    });
    request.on('error', () => noteFacts(this, { code: 'CLIENT_CLOSED_REQUEST' }));
    // What is written to a client that has left.
    response.on('error', () => {});
  }
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
    if ((config()?.server.allowedOrigins.length ?? 0) > 0) this.#headers.vary = 'Origin';
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
    return this.#headers;
  }

  hijack(): void {}

  /** Head and body in one write. */
  send(body: string): void {
    const { raw } = this;
    if (raw.headersSent || raw.destroyed) return;
    const fields: string[] = [];
    for (const name in this.#headers) {
      const value = this.#headers[name] ?? '';
      if (typeof value === 'string') fields.push(name, value);
      else for (const item of value) fields.push(name, item);
    }
    fields.push('content-length', String(Buffer.byteLength(body)));
    raw.writeHead(this.statusCode, fields);
    raw.end(body);
  }
}
