/** Whether an answer is one that may be cached, with its bytes, or why not. */
import { type ExecutionOutcome, JsonText, type OperationRequest } from '../../../execution/index.ts';
import { introspects } from '../introspects.ts';

/** Why caches have no part in an operation. */
export type BypassReason = 'mutation' | 'introspection' | 'explained' | 'dry_run' | 'no_store_requested';

/** Why an answer is not stored, beside those of its policy. */
export type AnswerRefusal = 'error' | 'status' | 'parts' | 'extensions' | 'too_long';

export function bypassReason({ operation, document, context }: OperationRequest): BypassReason | undefined {
  if (operation.operation !== 'query') return 'mutation';
  if (context.isDryRun === true) return 'dry_run';
  if (isExplainedOtherwise(context.explain)) return 'explained';
  if (context.cacheDemands?.isNoStore === true) return 'no_store_requested';
  return introspects(document) ? 'introspection' : undefined;
}

/** Explanations of caches show what caches do; others show what an operation does without them. */
function isExplainedOtherwise(explain: ReadonlySet<string> | undefined): boolean {
  return explain !== undefined && explain.size > (explain.has('cache') ? 1 : 0);
}

/** @returns the answer’s bytes or text, with the outcome that is sent: long data is made once for both */
export function cacheableAnswer(
  outcome: ExecutionOutcome,
  maxBytes: number,
):
  | { readonly body: Buffer | string; readonly outcome: ExecutionOutcome }
  | { readonly refusal: AnswerRefusal; readonly outcome: ExecutionOutcome } {
  if (outcome.kind !== 'single') return { refusal: 'parts', outcome };
  const { data, errors, extensions } = outcome.result;
  if (errors !== undefined) return { refusal: 'error', outcome };
  if (outcome.status !== undefined) return { refusal: 'status', outcome };
  if (extensions !== undefined) return { refusal: 'extensions', outcome };
  if (!(data instanceof JsonText)) return { refusal: 'error', outcome };
  if (data.long === undefined) {
    const { whole } = data;
    const fits = (typeof whole === 'string' ? Buffer.byteLength(whole) : whole.length) <= maxBytes;
    return fits ? { body: whole, outcome } : { refusal: 'too_long', outcome };
  }
  const body = data.long.wholeWithin(maxBytes);
  if (body === undefined) return { refusal: 'too_long', outcome };
  return { body, outcome: { ...outcome, result: { ...outcome.result, data: new JsonText(body) } } };
}
