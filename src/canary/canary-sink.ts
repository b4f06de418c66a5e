/** Counts requests of the generation that serves and of its canary; while there is none, it looks at one property. */
import { isFailed, type RequestEvent, type RequestSink } from '../observability/index.ts';
import { nanoUsdOf } from '../records/index.ts';
import type { CanarySide, CanaryTallies } from './canary-tallies.ts';

/** What a thread serves. */
export interface ServedIds {
  readonly current: { readonly id: string } | undefined;
  readonly canary: { readonly id: string } | undefined;
}

export class CanarySink implements RequestSink {
  readonly #served: ServedIds;
  readonly #tallies: CanaryTallies;

  constructor(served: ServedIds, tallies: CanaryTallies) {
    this.#served = served;
    this.#tallies = tallies;
  }

  record(event: RequestEvent): void {
    const { canary, current } = this.#served;
    if (canary === undefined || event.end === 'aborted') return;
    const { generation } = event;
    // One that began with an earlier generation says nothing of either.
    if (generation !== canary.id && generation !== current?.id) return;
    const side: CanarySide = generation === canary.id ? 'canary' : 'serving';
    let nanoUsd = 0;
    let calledModels = false;
    let aiItems = 0;
    let aiFailed = 0;
    for (const { modelCalls, fetches } of event.operations) {
      for (const call of modelCalls) {
        if (call.shadow || call.usage === undefined) continue;
        calledModels = true;
        nanoUsd += nanoUsdOf(call);
      }
      for (const { fields } of fetches) {
        for (const { items, failedItems } of fields) {
          aiItems += items;
          aiFailed += failedItems;
        }
      }
    }
    const failed = isFailed(event) || event.operations.some(isInvalid);
    this.#tallies.add(side, { ms: event.ended - event.began, failed, calledModels, nanoUsd, aiItems, aiFailed });
  }
}

/** A field that the canary does not have any more is a mistake of the canary's. */
function isInvalid({ codes }: RequestEvent['operations'][number]): boolean {
  return codes.includes('GRAPHQL_VALIDATION_FAILED');
}
