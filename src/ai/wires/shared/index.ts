export { AnswerDraft, type ToolCallDraft } from './answer-draft.ts';
export { answerOf } from './answer-of.ts';
export { BlockDraft, reasoningPart, toolCallPart } from './block-draft.ts';
export {
  anyUpTo64,
  type CallIdForm,
  callIdFormAt,
  nineCharacters,
  plain,
  withBodyCallIds,
  withCallIds,
} from './call-ids.ts';
export { extraContentOf, openCallId, readExtraContent, sealCallId } from './call-opaque.ts';
export type { HttpHeaders } from './http-headers.ts';
export { incompleteStream } from './incomplete-stream.ts';
export { InvalidField } from './invalid-field.ts';
export { withLateSystemAsUser, withMediaAfterResults } from './move-messages.ts';
export { opaqueFromText, opaqueToText } from './opaque-text.ts';
export {
  type AgentTool,
  type AgentTools,
  agentToolsOf,
  calledName,
  customArguments,
  customInput,
} from './openai/agent-tools.ts';
export { nameToolTypes } from './openai/name-tool-types.ts';
export { normaliseUsage } from './openai/normalise-usage.ts';
export { type ChatDialect, dialectOf } from './openai/openai-dialect.ts';
export { chatUsage, unixSeconds } from './openai/openai-usage.ts';
export {
  type Draft,
  readEffort,
  readOutputForm,
  readSampling,
  readTools,
  toolOf,
} from './openai/read-openai-fields.ts';
export { readFile, readImage, readSound, readUrl, refuseStoredFile } from './openai/read-openai-media.ts';
export { readSystemText, readText, readTextPart } from './openai/read-openai-text.ts';
export {
  knownFields,
  optionalFields,
  refuseHostedTool,
  refuseStorageAndTiers,
  sortFields,
} from './openai/sort-fields.ts';
export { chatFile, imageUrl, responsesFile } from './openai/write-openai-media.ts';
export { choiceWith, type WrittenRequest, writeResultText } from './openai/written-request.ts';
export {
  choiceWithAnswerTool,
  jsonInstruction,
  jsonTextOf,
  type OutputReading,
  plainJson,
  plainText,
  unusedToolName,
  withInstruction,
} from './output-reading.ts';
export { partialUsage } from './partial-usage.ts';
export { lostFields, passedRequest } from './passed-request.ts';
export { cacheOf, lastMark, markLast, readCacheMark, readSystemMessages } from './read-cache-mark.ts';
export {
  asFields,
  type Fields,
  isFields,
  readArray,
  readBoolean,
  readInteger,
  readNumber,
  readObject,
  readOneOf,
  readStops,
  readString,
  requireArray,
  requireName,
  requireObject,
  requireString,
} from './read-fields.ts';
export { type FailedAnswer, failureOfAnswer, failureOfError, requestIdOf } from './read-provider-failure.ts';
export { readThinking } from './read-thinking.ts';
export { readUsage } from './read-usage.ts';
export { redactKey } from './redact-key.ts';
export { createSseReader } from './sse-events.ts';
export { type AnswerContext, passOn, type StreamReader } from './stream-reader.ts';
export { eventText, type StreamForm } from './stream-writer.ts';
export { objectRoot } from './strict-json-schema.ts';
export { type AnswerTool, beginsAsJson, structuredOutputOf, withoutCodeFence } from './structured-output.ts';
export { beginsWithThinking, ThinkingTags, withoutThinking } from './thinking-tags.ts';
export { hasMoreOutput, uncheckedFields } from './unguarded-output.ts';
export {
  anthropicError,
  forbidsRetry,
  openAiError,
  retryAfterSeconds,
  statusOf,
  type WireErrorForm,
  wireErrorBody,
} from './wire-error.ts';
