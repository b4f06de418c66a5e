/**
 * A plain POST that is answered on Node's server, in front of Fastify: its exchange begins, its body is read, then it is
 * answered.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type BeginExchangeOptions, beginExchange } from '../begin-exchange.ts';
import { clientAddressOf } from '../edge/client-origin.ts';
import { type ClientRequest, requestIdOf } from './client-request.ts';
import { noteRefusal } from './note-refusal.ts';

const nothing = Buffer.alloc(0);

export class DirectRequest implements ClientRequest {
  readonly raw: IncomingMessage;
  readonly id: string;
  readonly clientAddress: string;
  readonly method = 'POST';
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly answerFields = new Map<string, string>();
  body: Buffer = nothing;

  /** @param answer is called once the body has been read */
  constructor(
    options: BeginExchangeOptions,
    request: IncomingMessage,
    response: ServerResponse,
    answer: (request: DirectRequest) => void,
  ) {
    this.raw = request;
    this.id = requestIdOf(request);
    this.clientAddress = clientAddressOf(request);
    this.url = request.url ?? '';
    this.headers = request.headers;
    beginExchange(options, this, response);
    // Most bodies come in one piece.
    let further: Buffer[] | undefined;
    request.on('data', (chunk: Buffer) => {
      if (this.body.length === 0) this.body = chunk;
      else if (further === undefined) further = [this.body, chunk];
      else further.push(chunk);
    });
    request.on('end', () => {
      if (further !== undefined) this.body = Buffer.concat(further);
      answer(this);
    });
    request.on('error', () => noteRefusal(this, { code: 'CLIENT_CLOSED_REQUEST' }));
    // What is written to a client that has left.
    response.on('error', () => {});
  }
}
