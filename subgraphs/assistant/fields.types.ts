/**
 * Written by `isthmus types` from schema.graphql; edits are lost.
 * What each AI field’s own code is called with: `FieldCode<Entity, Arguments, Value>`.
 */

/** What `Product.reviewSummary` reads of its entity. */
export interface ProductReviewSummaryEntity {
  readonly id: string;
  readonly name: string;
  readonly reviews: readonly {
    readonly body: string;
    readonly rating: number;
  }[];
}

export interface ProductReviewSummaryArguments {
  readonly locale: string | null;
}

export type ProductReviewSummaryValue = string;

/** What `Product.answer` reads of its entity. */
export interface ProductAnswerEntity {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly reviews: readonly {
    readonly body: string;
  }[];
}

export interface ProductAnswerArguments {
  readonly question: string;
}

export type ProductAnswerValue = string;

/** What `Product.highlights` reads of its entity. */
export interface ProductHighlightsEntity {
  readonly id: string;
  readonly name: string;
  readonly reviews: readonly {
    readonly body: string;
    readonly rating: number;
  }[];
}

export type ProductHighlightsArguments = Readonly<Record<string, never>>;

export type ProductHighlightsValue = Highlights | null;

export interface Highlights {
  readonly pros?: readonly string[] | null;
  readonly cons?: readonly string[] | null;
  readonly verdict?: Verdict | null;
}

export type Verdict = 'BUY' | 'WAIT' | 'AVOID';

/** What `Product.tagline` reads of its entity. */
export interface ProductTaglineEntity {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly priceCents: number;
}

export type ProductTaglineArguments = Readonly<Record<string, never>>;

export type ProductTaglineValue = string;

/** What `Review.sentiment` reads of its entity. */
export interface ReviewSentimentEntity {
  readonly id: string;
  readonly body: string;
}

export type ReviewSentimentArguments = Readonly<Record<string, never>>;

export type ReviewSentimentValue = Sentiment | null;

export type Sentiment = 'POSITIVE' | 'NEUTRAL' | 'NEGATIVE' | 'MIXED';

/** What `Review.topics` reads of its entity. */
export interface ReviewTopicsEntity {
  readonly id: string;
  readonly body: string;
}

export type ReviewTopicsArguments = Readonly<Record<string, never>>;

export type ReviewTopicsValue = readonly string[] | null;

/** What `Review.translated` reads of its entity. */
export interface ReviewTranslatedEntity {
  readonly id: string;
  readonly body: string;
}

export interface ReviewTranslatedArguments {
  readonly to: Locale;
}

export type Locale = 'DE' | 'EN' | 'ES' | 'FR' | 'JA';

export type ReviewTranslatedValue = string;
