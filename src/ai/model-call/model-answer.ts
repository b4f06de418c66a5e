/** A complete answer of a model. */
import type { JsonObject } from './json.ts';
import type { ReasoningPart, TextPart, ToolCallPart } from './message.ts';
import type { Usage } from './usage.ts';

/** `stop` includes a stop sequence; `refusal`: the model or its provider refused to answer. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal';

/** Why a model ends by itself. */
export const finishReasons: ReadonlySet<string> = new Set<FinishReason>([
  'stop',
  'length',
  'tool_calls',
  'content_filter',
  'refusal',
]);

export type AnswerPart = TextPart | ReasoningPart | ToolCallPart;

/** A complete answer. It is not validated against the request's output schema. */
export interface ModelAnswer {
  /** In the model's order. Text parts hold JSON text where the request's output is `json`. */
  readonly content: readonly AnswerPart[];
  readonly finishReason: FinishReason;
  /** The refusal text, if the model refused. */
  readonly refusal?: string;
  /** The stop sequence that ended the answer, if the provider reports it. */
  readonly stopSequence?: string;
  /** The provider's own details of the finish reason, passed through unparsed. */
  readonly stopDetails?: JsonObject;
  readonly usage: Usage;
  /** The provider's id of this answer, for its support. */
  readonly requestId?: string;
  /** The model's name as the provider answered it. */
  readonly respondedModel?: string;
  /** The fields of the request that were adapted to the target: see `ProviderCall.adapted`. */
  readonly adapted?: readonly string[];
  /** The provider's body, if the request's `wire` was forwarded unchanged. Streams have none. */
  readonly wire?: string;
  /** Whether `wire` has output that the other fields do not have. Guardrails cannot check it, so it is not passed on. */
  readonly hasUnmappedOutput?: true;
}

/** The text parts of an answer, joined. */
export function textOf(answer: Pick<ModelAnswer, 'content'>): string {
  const [only] = answer.content;
  if (answer.content.length === 1 && only?.type === 'text') return only.text;
  return answer.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
