export type { CacheOutcome, CallSummary, Completion, EmbeddingCompletion, ModerationCompletion } from './completion.ts';
export { itemAnswerSchemaIn, itemAnswers, itemAnswersSchema, itemIdsOf, withoutForeign } from './item-answers.ts';
export {
  type AnswerPart,
  type CacheMark,
  type CallBounds,
  type EmbeddingRequest,
  type Embeddings,
  type FailureDetails,
  type FailureKind,
  type FilePart,
  type FinishReason,
  type ImagePart,
  type JsonObject,
  type JsonSchema,
  type MediaSource,
  type Message,
  type ModelAnswer,
  type ModelProvider,
  type ModelRequest,
  type Moderation,
  type OutputForm,
  type ProviderCall,
  ProviderFailure,
  type ProviderStreamPart,
  type ReasoningEffort,
  type ReasoningPart,
  type StreamDelta,
  type TextPart,
  type ToolCallPart,
  type ToolChoice,
  type ToolDefinition,
  type ToolResultPart,
  textOf,
  type UnsupportedPolicy,
  type Usage,
  userText,
  type Wire,
  type WireRequest,
} from './model-call.ts';
export { arrayOf, isRecord, parseEvent, parseJson, recordOf, textIn } from './outside-json.ts';
export { replayAnswer } from './replay-answer.ts';
export type { ReportedUsage } from './reported-usage.ts';
export { unsupported } from './unsupported.ts';
export { deadlinePassed, withinBounds } from './within-bounds.ts';
