/** A whole answer of a model. */
import type { JsonObject } from './json.ts';
import type { ReasoningPart, TextPart, ToolCallPart } from './message.ts';
import type { Usage } from './usage.ts';

/** `stop` includes a stop sequence; `refusal`: the model or its provider would not answer. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal';

export type AnswerPart = TextPart | ReasoningPart | ToolCallPart;

/** A whole, complete answer. Nothing in it is validated against the request's output. */
export interface ModelAnswer {
  /** In the model's order. Text parts hold JSON text where the request's output is `json`. */
  readonly content: readonly AnswerPart[];
  readonly finishReason: FinishReason;
  /** The model's own words for refusing, where it did. */
  readonly refusal?: string;
  /** The stop sequence that ended it, where the provider tells which. */
  readonly stopSequence?: string;
  /** What the provider says of why it stopped, in its own form, unread. */
  readonly stopDetails?: JsonObject;
  readonly usage: Usage;
  /** The provider's id of this answer, for its support. */
  readonly requestId?: string;
  /** The model's name as the provider answered it. */
  readonly respondedModel?: string;
  /** What was changed of the request so that the target could take it: see `ProviderCall.adapted`. */
  readonly adapted?: readonly string[];
  /** The body as the provider sent it, where the request's `wire` was sent as it is. Only a whole answer has it. */
  readonly wire?: string;
  /** Whether `wire` says anything that is not in the rest: what guardrails have not seen is not passed on. */
  readonly wireSaysMore?: true;
}

/** The text parts of an answer, joined. */
export function textOf(answer: Pick<ModelAnswer, 'content'>): string {
  const [only] = answer.content;
  if (answer.content.length === 1 && only?.type === 'text') return only.text;
  return answer.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
