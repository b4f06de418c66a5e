import type { ModelAnswer, ModelRequest } from '../../model-call/index.ts';

/** A job for the worker, one at a time. */
export type LocalJob =
  | { readonly kind: 'complete'; readonly request: ModelRequest }
  | { readonly kind: 'embed'; readonly texts: readonly string[] };

/** The worker's result; the detail of `cannot` and `failed` is for the operator. */
export type LocalResult =
  | { readonly kind: 'completed'; readonly answer: ModelAnswer }
  | { readonly kind: 'embedded'; readonly vectors: readonly Float32Array[] }
  | { readonly kind: 'cannot'; readonly detail: string }
  | { readonly kind: 'failed'; readonly detail: string };
