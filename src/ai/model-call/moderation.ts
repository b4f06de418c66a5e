/** Moderation: texts in, judgements out. */
import type { Usage } from './usage.ts';

/** The judgements of a provider's moderation model, one per text, in order. */
export interface Moderation {
  readonly results: readonly {
    readonly flagged: boolean;
    /** By the provider's category names. */
    readonly categories: Readonly<Record<string, boolean>>;
    readonly scores: Readonly<Record<string, number>>;
  }[];
  readonly usage: Usage;
  readonly requestId?: string;
}
