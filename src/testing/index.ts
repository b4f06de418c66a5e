export type { Faults, StopManner, StopPlace } from './faults.ts';
export type { RateLimit } from './rate-window.ts';
export type { ReceivedRequest, RequestOutcome } from './received-request.ts';
export { type Recording, readRecording } from './recording.ts';
export type { RequestMatch, Responder } from './script.ts';
export { type ScriptedProvider, type ScriptedProviderOptions, startScriptedProvider } from './scripted-provider.ts';
export {
  type ErrorAnswer,
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
export type { Wire } from './wire.ts';
