export { checkAiSdkPackage } from './ai-sdk-provider.ts';
export { CallCaches } from './call-caches.ts';
export type { CallSummary, Completion, EmbeddingCompletion, ModerationCompletion } from './completion.ts';
export { createModelClient } from './create-model-client.ts';
export { estimateInputTokens } from './estimate-usage.ts';
export { type CallGuard, createCallGuard, noGuard } from './guard-call.ts';
export { itemAnswers, itemAnswersSchema } from './item-answers.ts';
export { createLocalProvider } from './local-provider.ts';
export {
  type AnswerPart,
  type CacheMark,
  type CallBounds,
  type EmbeddingRequest,
  type Embeddings,
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
  type Usage,
  userText,
  type Wire,
} from './model.ts';
export type {
  Caller,
  DescribedModel,
  EmbeddingCall,
  ModelCall,
  ModelClient,
  ModelStreamPart,
  ModerationCall,
} from './model-call.ts';
export { assembleModelClient } from './model-client.ts';
export { formatUsd } from './money.ts';
export { createOpenAiProvider, type OpenAiProviderOptions } from './openai-provider.ts';
export { refuseMissingPackages } from './refuse-missing-packages.ts';
export { replayAnswer } from './replay-answer.ts';
export type { TargetPrices } from './routing/call-run.ts';
export { createRoutes } from './routing/create-routes.ts';
export { schemaProblems, whyNoSchema } from './schema-problems.ts';
export { type ModelsLease, SharedModels } from './shared-models.ts';
export { unpricedTargets } from './target-prices.ts';
