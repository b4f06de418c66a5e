/** The headers of an answer that models gave: which model, what it cost, whether it was cached, what was adapted. */
import type { CallSummary } from '../../ai/model-call/index.ts';

/** A reply or a stream that has not begun. */
interface HeaderTarget {
  header(name: string, value: string): unknown;
}

type KnownBeforeTokens = Pick<CallSummary, 'model' | 'cache' | 'adapted'>;

/** Sets the headers that are known before the first token. */
export function setAnswerHeaders(target: HeaderTarget, { model, cache, adapted }: KnownBeforeTokens): void {
  target.header('isthmus-model', headerValue(model));
  // `shared`: the answer of an identical call that was running.
  target.header('isthmus-cache', cache === 'exact' ? 'hit' : cache);
  if (adapted !== undefined) target.header('isthmus-adapted', adaptedValue(adapted));
}

/** The names of fields, as clients wrote them, in the characters that a header can have. */
function adaptedValue(adapted: readonly string[]): string {
  return adapted
    .join(', ')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 2_000);
}

/** Model ids come from the configuration; a header can have these characters only. */
function headerValue(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '?');
}
