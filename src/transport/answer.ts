/**
 * A subgraph's answer, parsed once for each caller: whoever gets it may write into it. Its bytes may be borrowed: it is
 * delivered before whoever made it returns.
 */
import type { HeaderRules } from '../config/index.ts';
import type { ExactJsonOptions } from '../lib/index.ts';
import type { ResponseHeaders } from './exchange.ts';
import { parseSubgraphResponse } from './parse-subgraph-response.ts';
import type { RequestContext } from './request-context.ts';
import { applyResponseHeaderRules } from './response-headers.ts';
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

  deliver({ responseHeaders }: RequestContext, isFirst: boolean): SubgraphResponse {
    if (this.#rules.length > 0 && responseHeaders !== undefined) {
      applyResponseHeaderRules(this.#rules, this.#headers, responseHeaders);
    }
    return isFirst ? this.response : parseSubgraphResponse(this.#service, this.#status, this.#bytes, this.#numbers);
  }
}
