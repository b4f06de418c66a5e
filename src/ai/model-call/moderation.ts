/** Moderation: texts in, judgements out. */
import type { Usage } from './usage.ts';

/** What a provider's own moderation model says of texts, one result a text, in order. */
export interface Moderation {
  readonly results: readonly {
    readonly flagged: boolean;
    /** By the provider's names of them. */
    readonly categories: Readonly<Record<string, boolean>>;
    readonly scores: Readonly<Record<string, number>>;
  }[];
  readonly usage: Usage;
  readonly requestId?: string;
}
