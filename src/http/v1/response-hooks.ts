import { type Abortable, abortSignalOf } from '../../lib/index.ts';
import { type Hooks, type ResponseEvent, runResponseHooks } from '../../plugins/index.ts';
import type { ClientReply } from '../request/client-reply.ts';
import type { ClientRequest } from '../request/client-request.ts';
import type { StreamHead } from './event-stream.ts';

export interface AnsweredRequest {
  readonly request: ClientRequest;
  readonly reply: ClientReply;
  /** What the plugins hand on. */
  readonly values: Map<string, unknown>;
  readonly signal: Abortable;
}

/**
 * The plugins' `onResponse` for one answer of /v1, whole or the head of a stream: once for each request, also where a
 * hook fails and its refusal is the answer. The headers that every answer has before its route runs (the request's id,
 * CORS) are not shown, as on the GraphQL endpoint.
 */
export class ResponseHooks {
  readonly #hooks: Hooks;
  readonly #answered: AnsweredRequest;
  readonly #serverHeaders: ReadonlySet<string>;
  #hasRun = false;

  constructor(hooks: Hooks, answered: AnsweredRequest) {
    this.#hooks = hooks;
    this.#answered = answered;
    this.#serverHeaders = new Set(Object.keys(answered.reply.getHeaders()));
  }

  /**
   * Changes the reply's status and headers.
   * @returns the body to send
   * @throws what a hook throws; then the reply has none of the route's headers
   */
  async changeAnswer(body: string): Promise<string> {
    if (this.#hasRun) return body;
    const { reply } = this.#answered;
    const headers = this.#takeHeaders();
    const event = await this.#run({ status: reply.statusCode, headers, body });
    reply.code(event.status);
    for (const [name, value] of Object.entries(event.headers)) reply.header(name, value);
    return event.body ?? '';
  }

  /** Changes the head of a stream. */
  async changeHead(head: StreamHead): Promise<void> {
    if (this.#hasRun) return;
    const { status } = await this.#run({ ...head, body: undefined });
    head.status = status;
  }

  async #run(answer: Pick<ResponseEvent, 'status' | 'headers' | 'body'>): Promise<ResponseEvent> {
    this.#hasRun = true;
    const { request, values: context, signal } = this.#answered;
    const event: ResponseEvent = { requestId: request.id, context, signal: abortSignalOf(signal), ...answer };
    await runResponseHooks(this.#hooks, event);
    return event;
  }

  #takeHeaders(): Record<string, string | readonly string[]> {
    const { reply } = this.#answered;
    const headers: Record<string, string | readonly string[]> = {};
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value === undefined || this.#serverHeaders.has(name)) continue;
      headers[name] = typeof value === 'number' ? String(value) : value;
      reply.removeHeader(name);
    }
    return headers;
  }
}
