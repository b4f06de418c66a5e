/** The cache key of an answer: a hash of everything that affects it. */
import { hash } from 'node:crypto';
import { canonicalJson } from '../../../lib/index.ts';
import type { EmbeddingRequest, ModelAnswer, ModelRequest, ProviderCall } from '../../model-call/index.ts';

/** What decides an answer beside the request. */
export interface AnswerScope {
  /** The reference of the target, `<provider>/<model id>`. */
  readonly target: string;
  readonly structured: ProviderCall['structured'];
  /** Whose answer it is; `undefined`: the cache is declared shared among tenants. */
  readonly tenant: string | undefined;
  /** Whatever else decides the answer: the guardrails' configuration, a generation. @default '' */
  readonly scope?: string;
  /** The TTL of the answer. @default the cache's */
  readonly ttlMs?: number;
  /** What it can be invalidated by: `prompt:review-summary`. */
  readonly tags?: readonly string[];
  /** Whether a complete answer may be cached, for example because it fits its field's type. @default always */
  readonly admits?: (answer: ModelAnswer) => boolean;
}

/** Whether two scopes have the same key for a request. */
export function decidesTheSame(a: AnswerScope, b: AnswerScope): boolean {
  return a.target === b.target && a.structured === b.structured && a.tenant === b.tenant && a.scope === b.scope;
}

/** @returns undefined for a request that is nested too deep to be hashed: it is not cached */
export function answerKey(
  kind: 'chat' | 'embeddings',
  request: ModelRequest | EmbeddingRequest,
  answerScope: AnswerScope,
): string | undefined {
  const { target, structured, tenant, scope } = answerScope;
  try {
    const head = JSON.stringify([kind, target, structured, tenant ?? null, scope ?? '']);
    return `answer:${hash('sha256', `${head}\n${canonicalJson(withoutRepeats(request))}`, 'hex')}`;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A body of the client's own wire says all that the messages say, so they are not hashed twice. */
function withoutRepeats(request: ModelRequest | EmbeddingRequest): object {
  if (!('wire' in request) || request.wire === undefined || request.wire.isForeign === true) return request;
  return { ...request, messages: undefined };
}
