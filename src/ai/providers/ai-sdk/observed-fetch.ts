/**
 * The `fetch` that AI SDK packages are given, and what it notes of the exchange it is called in.
 *
 * It is the provider's bounded one (fixed host, no redirects, bounded body, the call's own bounds). Besides, it records
 * how an answer's bytes ended, which packages do not report; and in a dry run it answers itself with an empty stream, so
 * that a package's view of a request is known before anything is sent. Bytes pass unchanged: Bedrock's streams are binary.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Deadline } from '../../../lib/index.ts';
import type { CallBounds } from '../../model-call/index.ts';
import type { HttpHeaders } from '../../wires/shared/index.ts';
import { type BodyWatch, type BoundedFetch, responseHeaders, responseOf } from '../http/index.ts';

/** How far one call's exchange with its provider has come. */
export class AiSdkExchange implements BodyWatch {
  readonly bounds: CallBounds;
  readonly isDryRun: boolean;
  /** The last body the package would have sent; set in a dry run only. */
  body: string | undefined;
  /** `ended`: the whole body was read; `cut`: reading it failed. */
  state: 'unsent' | 'sent' | 'answering' | 'ended' | 'cut' = 'unsent';
  status = 0;
  headers: HttpHeaders = {};
  /** Answered instead of the provider, who has answered already: its body as it is to be read again. */
  replay: string | undefined;

  constructor(bounds: CallBounds, isDryRun = false) {
    this.bounds = bounds;
    this.isDryRun = isDryRun;
  }

  /** Whether the provider began to answer well, so that it counts what it writes. */
  get isPaid(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  end(how: 'ended' | 'cut'): void {
    this.state = how;
  }
}

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
    if (exchange.isDryRun) return answerDryRun(exchange, init);
    if (exchange.replay !== undefined) {
      return new Response(exchange.replay, { headers: responseHeaders(exchange.headers) });
    }
    exchange.state = 'sent';
    const answer = await send.open(input, init, exchange.bounds);
    exchange.state = 'answering';
    exchange.status = answer.status;
    exchange.headers = answer.headers;
    return responseOf(answer, exchange);
  };
}

function answerDryRun(exchange: AiSdkExchange, init: RequestInit): Response {
  exchange.state = 'ended';
  exchange.body = typeof init.body === 'string' ? init.body : '';
  return new Response(new ReadableStream({ start: (controller) => controller.close() }), {
    headers: { 'content-type': 'text/event-stream' },
  });
}

/** The exchange of a dry run, which sends nothing. */
export function dryRunExchange(): AiSdkExchange {
  return new AiSdkExchange({ signal: new AbortController().signal, deadline: Deadline.in(60_000) }, true);
}
