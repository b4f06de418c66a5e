/**
 * Plain GraphQL requests, answered on Node's server in front of Fastify: a POST of JSON to the endpoint that says how long
 * it is. They live as every other request does, through the same functions in the same order: id, framing, the exchange
 * that ends in a line of the log, CORS, body limit, answer, refusals. Whatever is not plain in its head (compressed,
 * chunked, an upgrade) goes to Fastify, which answers the same.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { FastifyError } from 'fastify';
import type { ResolvedConfig } from '../../config/index.ts';
import { LongText } from '../../execution/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { BeginExchangeOptions } from '../begin-exchange.ts';
import { corsHeaders } from '../cors.ts';
import { refusalOf } from '../error-replies.ts';
import { DirectRequest } from '../request/direct-request.ts';
import { toGatewayError } from '../request/fastify-errors.ts';
import { isPlainPost } from '../request/is-plain.ts';
import { noteFailure, noteRefusal } from '../request/note-refusal.ts';
import type { Answer } from './answer-through-plugins.ts';
import { type AnswerCached, type AnswerRequest, releaseOnceSent } from './graphql-route.ts';
import { joinedVary } from './public-answers.ts';
import { sendPieces } from './send-pieces.ts';

export interface DirectGraphQLOptions extends BeginExchangeOptions {
  readonly path: string;
  /** Whether another URL is that of a contract. */
  readonly isContract: (url: string) => boolean;
  readonly maxBodyBytes: number;
  readonly config: () => ResolvedConfig | undefined;
  readonly answerCached: AnswerCached;
  readonly answerRequest: AnswerRequest;
  readonly log: Logger;
}

/** @returns whether the request is one that it answers */
export type AnswerDirectly = (request: IncomingMessage, response: ServerResponse) => boolean;

export function directGraphQL(options: DirectGraphQLOptions): AnswerDirectly {
  const { path, isContract, maxBodyBytes } = options;
  return (request, response) => {
    const { url = '' } = request;
    const isEndpoint = url === path || (url.startsWith(path) && isContract(url));
    if (!isEndpoint || !isPlainPost(request, maxBodyBytes)) return false;
    void new DirectRequest(options, request, response, (direct) => void new DirectAnswer(options, direct, response));
    return true;
  };
}

/** Writes the answer of one request. */
class DirectAnswer {
  readonly #options: DirectGraphQLOptions;
  readonly #request: DirectRequest;
  readonly #response: ServerResponse;

  constructor(options: DirectGraphQLOptions, request: DirectRequest, response: ServerResponse) {
    this.#options = options;
    this.#request = request;
    this.#response = response;
    const cached = options.answerCached(request);
    if (cached === undefined) this.#answer();
    else if (cached instanceof Promise) void cached.then((answer) => (answer ? this.#send(answer) : this.#answer()));
    else this.#send(cached);
  }

  #answer(): void {
    this.#options.answerRequest(this.#request, this.#response).then(
      (answer) => this.#send(answer),
      (error: unknown) => this.#refuse(error),
    );
  }

  #send({ status, headers, body, code, isShared, isPlain }: Answer): void {
    const response = this.#response;
    if (code !== undefined) noteRefusal(this.#request, { code });
    if (body instanceof LongText) {
      if (response.destroyed) return;
      this.#setHeaders(headers);
      response.statusCode = status;
      sendPieces(response, body, (error) => noteFailure(this.#request, error, this.#options.log));
      return;
    }
    if (typeof body !== 'string' && !Buffer.isBuffer(body)) {
      this.#setHeaders(headers);
      response.statusCode = status;
      pipeline(Readable.from(body), response, () => {});
      return;
    }
    if (typeof body !== 'string' && !isShared) releaseOnceSent(body, response);
    this.#end(status, headers, body, isPlain);
  }

  #refuse(thrown: unknown): void {
    const error = toGatewayError(thrown as FastifyError, 'BAD_REQUEST');
    if (error.code === 'INTERNAL_SERVER_ERROR') noteFailure(this.#request, thrown, this.#options.log);
    else noteRefusal(this.#request, { code: error.code });
    const { status, headers, body } = refusalOf(error);
    this.#end(status, headers, body);
  }

  /** Head and body in one write. */
  #end(status: number, headers: Answer['headers'], body: string | Buffer, isPlain = headers.length === 1): void {
    const response = this.#response;
    if (response.headersSent || response.destroyed) return;
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    if (!isPlain) {
      this.#setHeaders(headers);
      response.setHeader('content-length', length);
      response.writeHead(status);
    } else {
      const fields = ['x-request-id', this.#request.id, 'x-content-type-options', 'nosniff'];
      for (const [name, value] of headers) fields.push(name, value);
      for (const [name, value] of this.#request.answerFields) fields.push(name, value);
      fields.push('content-length', String(length));
      for (const [name, value] of this.#cors) fields.push(name, value);
      if (this.#options.isDraining()) fields.push('connection', 'close');
      response.writeHead(status, fields);
    }
    response.end(body);
  }

  #setHeaders(headers: Answer['headers']): void {
    const response = this.#response;
    response.setHeader('x-request-id', this.#request.id);
    response.setHeader('x-content-type-options', 'nosniff');
    for (const [name, value] of this.#cors) response.setHeader(name, value);
    for (const [name, value] of this.#request.answerFields) response.setHeader(name, value);
    if (this.#options.isDraining()) response.setHeader('connection', 'close');
    for (const [name, value] of headers) {
      if (name === 'set-cookie') response.appendHeader(name, value);
      else response.setHeader(name, name === 'vary' ? joinedVary(response.getHeader(name), value) : value);
    }
  }

  get #cors(): ReturnType<typeof corsHeaders> {
    return corsHeaders(this.#options.config(), this.#request.headers.origin);
  }
}
