import { type IncomingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http';
import { type Abortable, abortSignalOf } from '../lib/index.ts';
import { callPlugin, type Hooks } from './compile-hooks.ts';
import type { HttpAnswer, RequestEvent, ResponseEvent } from './plugin.ts';

/** A request as it arrived. */
export interface ArrivedRequest {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** A request as the plugins left it, or the answer of one of them. */
export type HookedRequest =
  | { readonly kind: 'continue'; readonly headers: IncomingHttpHeaders; readonly body: unknown }
  | { readonly kind: 'answer'; readonly answer: HttpAnswer };

/** Runs `onRequest`. @param values what the plugins hand on within the request */
export async function runRequestHooks(
  { log, onRequest = [] }: Hooks,
  request: ArrivedRequest,
  values: Map<string, unknown>,
  signal: Abortable,
): Promise<HookedRequest> {
  const event = new Arrived(request, values, signal);
  for (const { plugin, call } of onRequest) {
    const answer = await callPlugin({ plugin, log, requestId: request.id, signal }, async () => {
      const result = await call(event);
      if (result !== undefined) requireSendable({ headers: {}, body: '', ...result });
      return result;
    });
    if (answer !== undefined) return { kind: 'answer', answer };
  }
  return { kind: 'continue', headers: event.headers, body: event.bytes() };
}

/** Runs `onResponse`, the last plugin first. */
export async function runResponseHooks({ log, onResponse = [] }: Hooks, event: ResponseEvent): Promise<void> {
  const { requestId, signal } = event;
  for (const { plugin, call } of onResponse) {
    await callPlugin({ plugin, log, requestId, signal }, async () => {
      await call(event);
      requireSendable(event);
    });
  }
}

/** What HTTP cannot carry is the plugin's failure, not that of whoever sends it. */
function requireSendable({ status, headers, body }: Pick<ResponseEvent, 'status' | 'headers' | 'body'>): void {
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError(`${status} is no HTTP status`);
  if (body !== undefined && typeof body !== 'string') throw new TypeError('the body is no text');
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    for (const item of typeof value === 'string' ? [value] : value) validateHeaderValue(name, item);
  }
}

class Arrived implements RequestEvent {
  readonly requestId: string;
  readonly context: Map<string, unknown>;
  readonly signal: AbortSignal;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly #sent: unknown;
  #body: string | undefined;

  constructor({ id, method, url, headers, body }: ArrivedRequest, values: Map<string, unknown>, signal: Abortable) {
    this.requestId = id;
    this.context = values;
    this.signal = abortSignalOf(signal);
    this.method = method;
    this.url = url;
    this.headers = { ...headers };
    this.#sent = body;
  }

  get body(): string {
    return this.#body ?? (Buffer.isBuffer(this.#sent) ? this.#sent.toString('utf8') : '');
  }

  set body(body: string) {
    this.#body = body;
  }

  /** The body as routes read it: the client's own bytes, where no plugin replaced them. */
  bytes(): unknown {
    return this.#body === undefined ? this.#sent : Buffer.from(this.#body);
  }
}
