import type { ModelAnswer, ModelRequest } from '../../model-call/index.ts';

/** What the local provider asks of its worker, one at a time. */
export type LocalJob =
  | { readonly kind: 'complete'; readonly request: ModelRequest }
  | { readonly kind: 'embed'; readonly texts: readonly string[] };

/** What the worker answers; `cannot` and `failed` say why, in words for the operator. */
export type LocalResult =
  | { readonly kind: 'completed'; readonly answer: ModelAnswer }
  | { readonly kind: 'embedded'; readonly vectors: readonly Float32Array[] }
  | { readonly kind: 'cannot'; readonly detail: string }
  | { readonly kind: 'failed'; readonly detail: string };
