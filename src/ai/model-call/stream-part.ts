/** The parts of a streamed answer. */
import type { JsonObject } from './json.ts';
import type { ModelAnswer } from './model-answer.ts';
import type { ProviderFailure } from './provider-failure.ts';

/**
 * What a stream tells before it ends. `index` names the part a delta belongs to: parts of one answer are numbered from
 * 0 in the order they begin.
 *
 * `wire` is the event's data as the provider sent it, where the request's `wire` was sent as it is; `other` is an event
 * that says nothing in this form (a role, an annotation) and is only there to be passed on.
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
      /** What is known at its begin of what the provider wants back with it. */
      readonly opaque?: JsonObject;
      readonly wire?: string;
    }
  | { readonly type: 'citation_delta'; readonly index: number; readonly citation: JsonObject; readonly wire?: string }
  | { readonly type: 'tool_call_delta'; readonly index: number; readonly arguments: string; readonly wire?: string }
  | { readonly type: 'other'; readonly wire: string };

/** A provider's stream: deltas, then exactly one `end` (the whole answer, reassembled) or `failed`, then nothing. */
export type ProviderStreamPart =
  | StreamDelta
  | { readonly type: 'end'; readonly answer: ModelAnswer }
  | { readonly type: 'failed'; readonly failure: ProviderFailure };
