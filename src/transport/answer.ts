/**
 * A subgraph's answer, parsed once for each caller: whoever gets it may write into it. Its bytes may be borrowed: it is
 * delivered before whoever made it returns.
 */
import type { HeaderRules } from '../config/index.ts';
import type { ExactJsonOptions } from '../lib/index.ts';
import type { ResponseHeaders } from './exchange.ts';
import { applyResponseHeaderRules } from './headers/response-headers.ts';
import { parseSubgraphResponse } from './parse-subgraph-response.ts';
import type { CachingHeaders, RequestContext } from './request-context.ts';
import type { CallResult } from './shared-call.ts';
import type { SubgraphResponse } from './subgraph-client.ts';

export class Answer implements CallResult {
  readonly response: SubgraphResponse;
  readonly #service: string;
  readonly #status: number;
  readonly #headers: ResponseHeaders;
  readonly #bytes: Buffer;
  readonly #rules: HeaderRules['response'];
  readonly #numbers: ExactJsonOptions;

  constructor(
    service: string,
    status: number,
    headers: ResponseHeaders,
    bytes: Buffer,
    rules: HeaderRules['response'],
    numbers: ExactJsonOptions,
  ) {
    this.response = parseSubgraphResponse(service, status, bytes, numbers);
    this.#service = service;
    this.#status = status;
    this.#headers = headers;
    this.#bytes = bytes;
    this.#rules = rules;
    this.#numbers = numbers;
  }

  deliver({ responseHeaders, cachePolicy }: RequestContext, isFirst: boolean, requestedAt: number): SubgraphResponse {
    if (this.#rules.length > 0 && responseHeaders !== undefined) {
      applyResponseHeaderRules(this.#rules, this.#headers, responseHeaders);
    }
    cachePolicy?.response(this.#service, cachingHeadersOf(this.#headers), requestedAt);
    return isFirst ? this.response : parseSubgraphResponse(this.#service, this.#status, this.#bytes, this.#numbers);
  }
}

function cachingHeadersOf(headers: ResponseHeaders): CachingHeaders | undefined {
  const cacheControl = textOf(headers['cache-control']);
  if (cacheControl === undefined) return undefined;
  return { cacheControl, age: textOf(headers.age), vary: textOf(headers.vary) };
}

/** Several lines of one header are one list (RFC 9110, section 5.3). */
function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}
