export { createProviders } from './create-providers.ts';
export { createLocalProvider, type LocalProviderOptions } from './local-provider.ts';
export type {
  CallBounds,
  Embeddings,
  FinishReason,
  JsonSchema,
  Message,
  ModelAnswer,
  ModelProvider,
  ModelRequest,
  OutputForm,
  Usage,
} from './model.ts';
export {
  type Answered,
  createModelClient,
  type ModelClient,
  type ModelClientOptions,
  type ModelLog,
} from './model-client.ts';
export { formatModelReference, type ModelReference } from './model-reference.ts';
export { createOpenAiProvider, type OpenAiProviderOptions } from './openai-provider.ts';
