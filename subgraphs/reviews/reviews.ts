import { fileURLToPath } from 'node:url';
import { badUserInput, boundedFirst } from '../coded-input.ts';
import type { Resolvers } from '../create-subgraph-server.ts';
import type { CurrentUser, Identify } from '../current-user.ts';
import type { ListenOptions, RunningService } from '../listen.ts';
import { serveSubgraph } from '../serve-subgraph.ts';
import { knownProductIds, knownUserIds } from './known-ids.ts';
import { type Review, ReviewStore } from './review-store.ts';

const maxBodyCharacters = 4_000;

interface Reference {
  readonly id: string;
}

interface NewReview {
  readonly productId: string;
  readonly rating: number;
  readonly body: string;
}

interface FirstArgument {
  readonly first: number | null;
}

function createResolvers(store: ReviewStore): Resolvers<CurrentUser> {
  return {
    Mutation: {
      addReview: (_source, review: NewReview, { userId }) => store.add(checked(review, userId)),
    },
    Review: {
      __resolveReference: ({ id }: Reference) => store.byId(id) ?? null,
      flagged: ({ flagged }: Review) => flagged === true,
      author: ({ authorId }: Review) => ({ id: authorId }),
      product: ({ productId }: Review) => ({ id: productId }),
    },
    Product: {
      __resolveReference: ({ id }: Reference) => (knownProductIds.has(id) ? { id } : null),
      reviews: ({ id }: Reference, { first }: FirstArgument) => store.ofProduct(id, boundedFirst(first)),
      averageRating: ({ id }: Reference) => store.averageRating(id),
    },
    User: {
      __resolveReference: ({ id }: Reference) => (knownUserIds.has(id) ? { id } : null),
      reviews: ({ id }: Reference, { first }: FirstArgument) => store.ofAuthor(id, boundedFirst(first)),
    },
  };
}

/** @throws BAD_USER_INPUT */
function checked(
  { productId, rating, body }: NewReview,
  authorId: string | undefined,
): Omit<Review, 'id' | 'createdAt' | 'flagged'> {
  if (authorId === undefined || !knownUserIds.has(authorId)) throw badUserInput('The caller is no user of the shop.');
  if (!knownProductIds.has(productId)) throw badUserInput('productId names no product.');
  if (rating < 1 || rating > 5) throw badUserInput('rating must be 1 to 5.');
  const text = body.trim();
  if (text === '') throw badUserInput('body must not be empty.');
  if (text.length > maxBodyCharacters) throw badUserInput(`body has at most ${maxBodyCharacters} characters.`);
  return { productId, authorId, rating, body: text };
}

export interface ReviewsOptions extends ListenOptions {
  /** Another schema file than the subgraph's own. */
  readonly schemaFile?: string;
  /** @default by the header `x-user-id`: for tests */
  readonly identify?: Identify;
}

/** The subgraph `reviews`: what customers say. Every start begins with the reviews of the file. */
export function startReviews({ schemaFile, ...listening }: ReviewsOptions): Promise<RunningService> {
  return serveSubgraph({
    name: 'reviews',
    schemaFile: schemaFile ?? fileURLToPath(new URL('schema.graphql', import.meta.url)),
    resolvers: createResolvers(new ReviewStore()),
    context: (user) => user,
    ...listening,
  });
}
