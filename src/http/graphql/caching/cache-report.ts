/** `extensions.cache`, for `isthmus-explain: cache`: what the caches did for the whole answer, and for each request of its plan. */
import type { ExecutionOutcome } from '../../../execution/index.ts';
import type { CacheReport, RequestContext } from '../../../transport/index.ts';
import { withExtension } from '../with-extension.ts';

type Entry = Readonly<Record<string, unknown>>;

export class CollectedCacheReport implements CacheReport {
  #response: Entry | undefined;
  readonly #fetches: object[] = [];

  response(entry: Entry): void {
    this.#response = entry;
  }

  fetch(entry: object): void {
    this.#fetches.push(entry);
  }

  /** @param reason why whole answers are not cached, where nothing was said of this one */
  toJSON(reason: string): Entry {
    return { response: this.#response ?? { status: 'bypass', reason }, fetches: this.#fetches };
  }
}

/** The answer with its explanation, where the client asked for that. */
export function explainCaches(
  outcome: ExecutionOutcome,
  { cacheReport }: RequestContext,
  reason: string,
): ExecutionOutcome {
  if (!(cacheReport instanceof CollectedCacheReport)) return outcome;
  return withExtension(outcome, { cache: cacheReport.toJSON(reason) });
}
