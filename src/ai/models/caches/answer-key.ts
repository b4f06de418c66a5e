/** What an answer is kept under: a hash of everything that decided it, whatever it is. */
import { hash } from 'node:crypto';
import { canonicalJson } from '../../../lib/index.ts';
import type { EmbeddingRequest, ModelAnswer, ModelRequest, ProviderCall } from '../../model-call/index.ts';

/** What decides an answer beside the request. */
export interface AnswerScope {
  /** The reference of the target that is asked, `<provider>/<model id>`. */
  readonly target: string;
  readonly structured: ProviderCall['structured'];
  /** Whose answer it is; `undefined`: the cache is declared shared among tenants. */
  readonly tenant: string | undefined;
  /** Whatever else decides the answer: the guardrails' configuration, a generation. @default '' */
  readonly scope?: string;
  /** How long the answer is kept. @default the cache's */
  readonly ttlMs?: number;
  /** What it can be invalidated by: `prompt:review-summary`. */
  readonly tags?: readonly string[];
  /** Whether an answer that is whole may be kept, such as one that fits its field's type. @default every one */
  readonly admits?: (answer: ModelAnswer) => boolean;
}

/** Whether two scopes make the same key of a request. */
export function decidesTheSame(a: AnswerScope, b: AnswerScope): boolean {
  return a.target === b.target && a.structured === b.structured && a.tenant === b.tenant && a.scope === b.scope;
}

/** @returns undefined for a request that is nested too deep to be read: nobody else asks it */
export function answerKey(
  kind: 'chat' | 'embeddings',
  request: ModelRequest | EmbeddingRequest,
  beside: AnswerScope,
): string | undefined {
  const { target, structured, tenant, scope } = beside;
  try {
    const head = JSON.stringify([kind, target, structured, tenant ?? null, scope ?? '']);
    return `answer:${hash('sha256', `${head}\n${canonicalJson(request)}`, 'hex')}`;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
