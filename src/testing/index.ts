export type { ErrorAnswer } from './error-answer.ts';
export type { Faults, StopManner, StopPlace } from './faults.ts';
export type { RateLimit } from './rate-window.ts';
export type { ReceivedRequest, RequestOutcome } from './received-request.ts';
export { type Recording, readRecording } from './recording.ts';
export type { RequestMatch, Responder } from './script.ts';
export type { ScriptedProvider, ScriptedProviderOptions } from './scripted-provider.ts';
export {
  htmlPage,
  redirectTo,
  type ScriptedAnswer,
  type ScriptedBody,
  type ScriptedError,
  type ScriptedFinish,
  type ScriptedRecording,
  type ScriptedReply,
  type ScriptedToolCall,
  type ScriptedUsage,
} from './scripted-reply.ts';
export { startScriptedProvider } from './start-scripted-provider.ts';
export type { Wire } from './wire.ts';
