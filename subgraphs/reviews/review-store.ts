import seed from './reviews.json' with { type: 'json' };

export interface Review {
  readonly id: string;
  readonly productId: string;
  readonly authorId: string;
  /** 1 to 5. */
  readonly rating: number;
  readonly body: string;
  /** ISO 8601, in UTC. */
  readonly createdAt: string;
  /** Reported, and not yet looked at. */
  readonly flagged?: boolean | undefined;
}

/** The reviews in memory, those of the file first; what is added is gone when the process ends. */
export class ReviewStore {
  readonly #byId = new Map<string, Review>();
  readonly #byProduct = new Map<string, Review[]>();
  readonly #byAuthor = new Map<string, Review[]>();

  constructor(reviews: readonly Review[] = seed) {
    for (const review of reviews) this.#index(review);
  }

  byId(id: string): Review | undefined {
    return this.#byId.get(id);
  }

  /** Newest first. */
  ofProduct(productId: string, first: number): readonly Review[] {
    return newestOf(this.#byProduct.get(productId), first);
  }

  /** Newest first. */
  ofAuthor(authorId: string, first: number): readonly Review[] {
    return newestOf(this.#byAuthor.get(authorId), first);
  }

  /** To two decimals, of those that everybody may read; null without such a review. */
  averageRating(productId: string): number | null {
    const reviews = (this.#byProduct.get(productId) ?? []).filter(({ flagged }) => flagged !== true);
    if (reviews.length === 0) return null;
    const sum = reviews.reduce((total, { rating }) => total + rating, 0);
    return Math.round((sum / reviews.length) * 100) / 100;
  }

  add(review: Omit<Review, 'id' | 'createdAt' | 'flagged'>): Review {
    const added = { ...review, id: `r${this.#byId.size + 1}`, createdAt: new Date().toISOString() };
    this.#index(added);
    return added;
  }

  #index(review: Review): void {
    this.#byId.set(review.id, review);
    append(this.#byProduct, review.productId, review);
    append(this.#byAuthor, review.authorId, review);
  }
}

function append(index: Map<string, Review[]>, key: string, review: Review): void {
  const reviews = index.get(key);
  if (reviews === undefined) index.set(key, [review]);
  else reviews.push(review);
}

/** The file is in the order of writing, and so is what is added. */
function newestOf(reviews: readonly Review[] = [], first: number): readonly Review[] {
  return first === 0 ? [] : reviews.slice(-first).reverse();
}
