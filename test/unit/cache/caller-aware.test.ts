import { describe, expect, it } from 'vitest';
import { CacheHints, OperationPolicy } from '../../../src/cache/index.ts';

const hints = new Map([['a', new CacheHints('type Query { count: Int }')]]);

/** The policy of an answer of a subgraph that is told who asks. */
function policyOf(cacheControl: string | undefined): OperationPolicy {
  const policy = new OperationPolicy({ hints, defaultMaxAgeMs: 10_000, callerAware: new Set(['a']) });
  policy.request('a', '{ count }');
  policy.response('a', cacheControl === undefined ? undefined : { cacheControl }, performance.now());
  return policy;
}

describe('the answer of a subgraph that is told who asks', () => {
  it.each([
    [undefined, 'private'],
    ['max-age=5', 'private'],
    ['max-age=5, private', 'private'],
    ['public, max-age=5', 'public'],
    ['s-maxage=5', 'public'],
    ['max-age=5, x-public-y', 'private'],
  ])('with %s is %s', (cacheControl, scope) => {
    expect(policyOf(cacheControl).result.scope).toBe(scope);
  });

  it.each([
    ['no-store', 'no_store'],
    ['public', 'no_store'],
  ])('with %s is not cached: %s', (cacheControl, reason) => {
    expect(policyOf(cacheControl).refusal).toBe(reason);
  });
});
