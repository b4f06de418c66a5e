/** The parts of a streamed answer. */
import type { JsonObject } from './json.ts';
import type { ModelAnswer } from './model-answer.ts';
import type { ProviderFailure } from './provider-failure.ts';

/**
 * The deltas of a stream. `index` is the part that a delta belongs to: the parts of an answer are numbered from 0 in
 * the order in which they begin.
 *
 * `wire` is the provider's event data, if the request's `wire` was forwarded unchanged; `other` is an event without an
 * equivalent in this form (a role, an annotation) that is only passed through.
 */
export type StreamDelta =
  | { readonly type: 'text_delta'; readonly index: number; readonly text: string; readonly wire?: string }
  | {
      readonly type: 'reasoning_delta';
      readonly index: number;
      readonly text: string;
      readonly opaque?: JsonObject;
      readonly wire?: string;
    }
  | { readonly type: 'refusal_delta'; readonly text: string; readonly wire?: string }
  | {
      readonly type: 'tool_call_start';
      readonly index: number;
      readonly id: string;
      readonly name: string;
      /** Data that the provider requires back with the part, as far as it is known when the part begins. */
      readonly opaque?: JsonObject;
      readonly wire?: string;
    }
  | { readonly type: 'citation_delta'; readonly index: number; readonly citation: JsonObject; readonly wire?: string }
  | { readonly type: 'tool_call_delta'; readonly index: number; readonly arguments: string; readonly wire?: string }
  | { readonly type: 'other'; readonly wire: string };

/** A provider's stream: deltas, then exactly one `end` (the complete answer, reassembled) or `failed`, then nothing. */
export type ProviderStreamPart =
  | StreamDelta
  | { readonly type: 'end'; readonly answer: ModelAnswer }
  | { readonly type: 'failed'; readonly failure: ProviderFailure };
