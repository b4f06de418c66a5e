import type { IncomingHttpHeaders } from 'node:http';
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

/** A request as the plugins left it, with their values; or the answer of one of them. */
export type HookedRequest =
  | {
      readonly kind: 'continue';
      readonly headers: IncomingHttpHeaders;
      readonly body: unknown;
      readonly values: Map<string, unknown>;
    }
  | { readonly kind: 'answer'; readonly answer: HttpAnswer; readonly values: Map<string, unknown> };

/** Runs `onRequest`. */
export async function runRequestHooks(
  { log, onRequest = [] }: Hooks,
  request: ArrivedRequest,
  signal?: AbortSignal,
): Promise<HookedRequest> {
  const values = new Map<string, unknown>();
  const event = new Arrived(request, values);
  for (const { plugin, call } of onRequest) {
    const answer = await callPlugin({ plugin, log, requestId: request.id, signal }, () => call(event));
    if (answer !== undefined) return { kind: 'answer', answer, values };
  }
  return { kind: 'continue', headers: event.headers, body: event.bytes(), values };
}

/** Runs `onResponse`, the last plugin first. */
export async function runResponseHooks(
  { log, onResponse = [] }: Hooks,
  event: ResponseEvent,
  signal?: AbortSignal,
): Promise<void> {
  for (const { plugin, call } of onResponse) {
    await callPlugin({ plugin, log, requestId: event.requestId, signal }, () => call(event));
  }
}

class Arrived implements RequestEvent {
  readonly requestId: string;
  readonly context: Map<string, unknown>;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly #sent: unknown;
  #body: string | undefined;

  constructor({ id, method, url, headers, body }: ArrivedRequest, values: Map<string, unknown>) {
    this.requestId = id;
    this.context = values;
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
