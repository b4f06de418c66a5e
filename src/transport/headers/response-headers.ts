/**
 * Carries subgraphs' response headers to the client's answer where a rule names them, and nothing else: a subgraph does
 * not set a cookie, a cache policy or a redirect on the gateway's answer by itself.
 */
import { type HeaderMerge, type ResponseHeaderRule, unforwardableHeaders } from '../../config/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { ResponseHeaders } from '../exchange.ts';
import type { ResponseHeaderCollector } from '../request-context.ts';

export function applyResponseHeaderRules(
  rules: readonly ResponseHeaderRule[],
  headers: ResponseHeaders,
  collector: ResponseHeaderCollector,
): void {
  for (const rule of rules) {
    const name = rule.named;
    const value = headers[name];
    if (value !== undefined && !unforwardableHeaders.has(name)) collector.append(name, value, rule.merge);
  }
}

/** What all subgraph answers of one request add to the client's answer. */
export class CollectedResponseHeaders implements ResponseHeaderCollector {
  /** Made with the first of them: most answers have none. */
  #values: Map<string, readonly string[]> | undefined;

  get isEmpty(): boolean {
    return this.#values === undefined;
  }

  append(name: string, value: string | readonly string[], merge: HeaderMerge): void {
    const values = typeof value === 'string' ? [value] : value;
    const collected = this.#values ?? new Map<string, readonly string[]>();
    this.#values = collected;
    const earlier = collected.get(name);
    switch (merge) {
      case 'first':
        if (earlier === undefined) collected.set(name, values);
        return;
      case 'last':
        collected.set(name, values);
        return;
      case 'append':
        collected.set(name, [...(earlier ?? []), ...values]);
        return;
      default:
        unreachable(merge);
    }
  }

  /** One entry for each header line: several values are one line, except cookies (RFC 9110, section 5.3). */
  *entries(): Generator<readonly [string, string]> {
    for (const [name, values] of this.#values ?? []) {
      if (name === 'set-cookie') for (const value of values) yield [name, value];
      else yield [name, values.join(', ')];
    }
  }
}
