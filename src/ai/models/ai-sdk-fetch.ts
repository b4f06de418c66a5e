/**
 * The `fetch` that AI SDK packages are given, and what it notes of the exchange it is called in.
 *
 * It is the provider's bounded one (fixed host, no redirects, bounded body, the call's own signal), with two eyes more:
 * it sees how an answer's bytes ended, which packages do not tell, and in a rehearsal it answers itself with an empty
 * stream, so that a package's view of a request is known before anything is sent. Bytes pass unchanged: Bedrock's
 * streams are binary.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { BoundedFetch } from './bounded-fetch.ts';

/** How far one call's exchange with its provider has come. */
export class AiSdkExchange {
  readonly signal: AbortSignal;
  readonly isRehearsal: boolean;
  /** The body the package wanted to send last; only kept in a rehearsal. */
  body: string | undefined;
  /** `ended`: the whole body was read; `cut`: reading it failed. */
  state: 'unsent' | 'sent' | 'answering' | 'ended' | 'cut' = 'unsent';
  status = 0;
  headers: Headers = new Headers();
  /** The answer's last bytes, as Latin-1. */
  tail = '';
  /** Answered instead of the provider, who has answered already: its body as it is to be read again. */
  replay: string | undefined;
  /** Whether that body came without counts. */
  lacksCounts = false;

  constructor(signal: AbortSignal, isRehearsal = false) {
    this.signal = signal;
    this.isRehearsal = isRehearsal;
  }

  /** Whether the provider began to answer well, so that it counts what it writes. */
  get isPaid(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  see(chunk: Uint8Array): void {
    const { buffer, byteOffset, byteLength } = chunk;
    const last = Buffer.from(buffer, byteOffset, byteLength).toString('latin1', Math.max(0, byteLength - tailBytes));
    this.tail = last.length >= tailBytes ? last : (this.tail + last).slice(-tailBytes);
  }
}

/** Enough for `data: [DONE]` with line ends around it. */
const tailBytes = 32;

const exchanges = new AsyncLocalStorage<AiSdkExchange>();

/** Runs a package's work so that what it fetches is noted in `exchange`. */
export function inExchange<Value>(exchange: AiSdkExchange, work: () => PromiseLike<Value>): Promise<Value> {
  return exchanges.run(exchange, async () => await work());
}

export function aiSdkFetch(send: BoundedFetch) {
  return async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const exchange = exchanges.getStore();
    // A package that fetches outside of a call (a token of its own) is bounded all the same.
    if (exchange === undefined) return send(input, init);
    if (exchange.isRehearsal) return rehearsed(exchange, init);
    if (exchange.replay !== undefined) return new Response(exchange.replay, { headers: exchange.headers });
    exchange.state = 'sent';
    const response = await send(input, { ...init, signal: exchange.signal });
    exchange.state = 'answering';
    exchange.status = response.status;
    exchange.headers = response.headers;
    if (response.body === null) return response;
    const { status, headers } = response;
    return new Response(noted(response.body, exchange), { status, headers });
  };
}

function rehearsed(exchange: AiSdkExchange, init: RequestInit): Response {
  exchange.state = 'ended';
  exchange.body = typeof init.body === 'string' ? init.body : '';
  return new Response(new ReadableStream({ start: (controller) => controller.close() }), {
    headers: { 'content-type': 'text/event-stream' },
  });
}

function noted(body: ReadableStream<Uint8Array>, exchange: AiSdkExchange): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            exchange.state = 'ended';
            controller.close();
          } else {
            exchange.see(value);
            controller.enqueue(value);
          }
        } catch (error) {
          exchange.state = 'cut';
          throw error;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
