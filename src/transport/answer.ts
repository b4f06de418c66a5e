/** A subgraph's answer, parsed once for each caller: whoever gets it may write into it. */
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
  readonly #text: string;
  readonly #rules: HeaderRules['response'];
  readonly #numbers: ExactJsonOptions;

  constructor(
    service: string,
    status: number,
    headers: ResponseHeaders,
    text: string,
    rules: HeaderRules['response'],
    numbers: ExactJsonOptions,
  ) {
    this.response = parseSubgraphResponse(service, status, text, numbers);
    this.#service = service;
    this.#status = status;
    this.#headers = headers;
    this.#text = text;
    this.#rules = rules;
    this.#numbers = numbers;
  }

  deliver({ responseHeaders }: RequestContext, isFirst: boolean): SubgraphResponse {
    if (this.#rules.length > 0 && responseHeaders !== undefined) {
      applyResponseHeaderRules(this.#rules, this.#headers, responseHeaders);
    }
    return isFirst ? this.response : parseSubgraphResponse(this.#service, this.#status, this.#text, this.#numbers);
  }
}
