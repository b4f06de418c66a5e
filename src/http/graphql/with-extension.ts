import type { ExecutionOutcome } from '../../execution/index.ts';

/** An answer with one more of its `extensions`. */
export function withExtension(outcome: ExecutionOutcome, added: Readonly<Record<string, unknown>>): ExecutionOutcome {
  if (outcome.kind === 'single') {
    const { result } = outcome;
    return { ...outcome, result: { ...result, extensions: { ...result.extensions, ...added } } };
  }
  const { initialResult } = outcome;
  return { ...outcome, initialResult: { ...initialResult, extensions: { ...initialResult.extensions, ...added } } };
}
