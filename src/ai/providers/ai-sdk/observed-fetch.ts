/**
 * The `fetch` for AI SDK packages, which records the exchange that it is called in.
 *
 * It is the provider's bounded fetch (fixed host, no redirects, bounded body, the call's bounds). It also records how
 * the body of an answer ended, which packages do not report; and in a dry run it returns an empty stream itself, so
 * that the warnings of a package are available before anything is sent. Bytes pass unchanged: Bedrock's streams are
 * binary.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Deadline } from '../../../lib/index.ts';
import type { CallBounds } from '../../model-call/index.ts';
import type { HttpHeaders } from '../../wires/shared/index.ts';
import { type BodyWatch, type BoundedFetch, responseHeaders, responseOf } from '../http/index.ts';

/** The state of one call's exchange with its provider. */
export class AiSdkExchange implements BodyWatch {
  readonly bounds: CallBounds;
  readonly isDryRun: boolean;
  /** The last body that the package would have sent; set in a dry run only. */
  body: string | undefined;
  /** `ended`: the whole body was read; `cut`: reading it failed. */
  state: 'unsent' | 'sent' | 'answering' | 'ended' | 'cut' = 'unsent';
  status = 0;
  headers: HttpHeaders = {};
  /** The provider's body to be parsed again: returned instead of a new request. */
  replay: string | undefined;

  constructor(bounds: CallBounds, isDryRun = false) {
    this.bounds = bounds;
    this.isDryRun = isDryRun;
  }

  /** Whether the provider started a successful answer, so that its output is billed. */
  get isPaid(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  end(how: 'ended' | 'cut'): void {
    this.state = how;
  }
}

const exchanges = new AsyncLocalStorage<AiSdkExchange>();

/** Runs a package's work so that its fetches are recorded in `exchange`. */
export function inExchange<Value>(exchange: AiSdkExchange, work: () => PromiseLike<Value>): Promise<Value> {
  return exchanges.run(exchange, async () => await work());
}

export function aiSdkFetch(send: BoundedFetch) {
  return async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const exchange = exchanges.getStore();
    // A fetch outside of a call, such as for an access token, is bounded too.
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
