export { BudgetExceeded } from './budget-exceeded.ts';
export type { CacheOutcome, CallSummary, Completion, EmbeddingCompletion, ModerationCompletion } from './completion.ts';
export type { EmbeddingRequest, Embeddings } from './embedding.ts';
export {
  itemAnswerSchemaIn,
  itemAnswers,
  itemAnswersSchema,
  itemIdsOf,
  withoutForeignAnswers,
} from './item-answers.ts';
export type { JsonObject, JsonSchema } from './json.ts';
export {
  type CacheMark,
  type FilePart,
  type ImagePart,
  type MediaSource,
  type Message,
  type ReasoningPart,
  type TextPart,
  type ToolCallPart,
  type ToolResultPart,
  userText,
} from './message.ts';
export { type AnswerPart, type FinishReason, finishReasons, type ModelAnswer, textOf } from './model-answer.ts';
export type { CallBounds, ModelProvider, ProviderCall, UnsupportedPolicy } from './model-provider.ts';
export type { ModelRequest, OutputForm, ReasoningEffort, ToolChoice, ToolDefinition } from './model-request.ts';
export type { Moderation } from './moderation.ts';
export { arrayOf, isRecord, parseEvent, parseJson, recordOf, textIn } from './outside-json.ts';
export { type FailureDetails, type FailureKind, ProviderFailure } from './provider-failure.ts';
export { replayAnswer } from './replay-answer.ts';
export type { ReportedUsage } from './reported-usage.ts';
export type {
  AccountSpending,
  CallPrice,
  Charge,
  ChargeBound,
  ChargeUse,
  PaidCall,
  PlannedCalls,
  PriceOrigin,
  SpendAccount,
} from './spend-account.ts';
export type { ProviderStreamPart, StreamDelta } from './stream-part.ts';
export { unsupported } from './unsupported.ts';
export type { Usage } from './usage.ts';
export { choicesOf, type Wire, type WireRequest } from './wire-request.ts';
export { deadlinePassed, withinBounds } from './within-bounds.ts';
