/** What decides an answer, as the key that it is cached by. */
import { hash } from 'node:crypto';
import type { ResolvedConfig } from '../../../config/index.ts';
import type { OperationRequest } from '../../../execution/index.ts';
import { canonicalJson } from '../../../lib/index.ts';
import { compileRequestHeaderRules, type ForwardHeaders, type RequestContext } from '../../../transport/index.ts';

/** Who asks, as far as header rules send it to subgraphs. */
export type Caller = Pick<RequestContext, 'principal' | 'clientHeaders' | 'clientAddress'>;

export class ResponseKeys {
  readonly #content: string;
  readonly #forwardHeaders: readonly ForwardHeaders[];

  /** @param content of configuration and schemas */
  constructor(content: string, { headers }: Pick<ResolvedConfig, 'headers'>) {
    this.#content = content;
    this.#forwardHeaders = Object.values(headers).flatMap(({ request }) => compileRequestHeaderRules(request) ?? []);
  }

  /** Whether header rules send anything of the caller. */
  get haveHeaders(): boolean {
    return this.#forwardHeaders.length > 0;
  }

  /** The headers that subgraphs are sent of a caller. */
  headersOf({ clientHeaders = {}, principal, clientAddress }: Caller): readonly (readonly string[] | null)[] {
    return this.#forwardHeaders.map((forward) => forward(clientHeaders, principal, clientAddress) ?? null);
  }

  of(
    { documentHash, operationName, variables, view }: Omit<OperationRequest, 'context' | 'denials'>,
    outcome: string | undefined,
    caller: Caller,
  ): string {
    const headers = this.headersOf(caller);
    const parts = [
      this.#content,
      view?.contract ?? null,
      documentHash,
      operationName ?? null,
      outcome ?? null,
      headers,
    ];
    return `response:${hash('sha256', `${JSON.stringify(parts)}\n${canonicalJson(variables)}`, 'base64url')}`;
  }
}
