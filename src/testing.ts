/**
 * `isthmus/testing`: a model provider for tests, so that an AI field can be tested without a key, a network or luck.
 *
 * It is a real HTTP server on the loopback. It speaks the wires of OpenAI (chat completions, responses, embeddings,
 * models), Anthropic, Gemini, Amazon Bedrock (Converse) and Cohere, whole and streamed: one answer, written on
 * whichever wire the request came by. Nothing scripted, it answers a fixed text, or the least JSON that fits the schema
 * or the tool the request asks for. It delays, drips, cuts, stalls, refuses and limits where it is told to.
 *
 * ```ts
 * import { startScriptedProvider } from 'isthmus/testing';
 *
 * await using provider = await startScriptedProvider();
 * // supergraph.yaml: ai: { providers: { openai: { kind: openai, base_url: <provider.openAiBaseUrl>, api_key: any } } }
 *
 * provider.respond({ text: 'Guests praise its handle.' });
 * provider.script([
 *   { error: { status: 429, retryAfter: 1 } },                                   // the first call; it is tried again
 *   { text: 'Guests praise …', faults: { stop: { at: { afterChunks: 3 } } } },   // the second: reset after 3 events
 * ]);
 * // … query the gateway …
 * provider.requests[0]?.body; // what the model was asked
 * ```
 *
 * `{ json: { label: 'POSITIVE' } }` answers structured output by whichever means the request asks for it; `{ toolCalls }`,
 * `{ refusal }`, `{ finishReason: 'length' }` and `{ usage }` do what they say. See {@link ScriptedReply} and
 * {@link Faults} for all there is.
 */
export {
  type ErrorAnswer,
  type Faults,
  htmlPage,
  type RateLimit,
  type ReceivedRequest,
  type Recording,
  type RequestMatch,
  type RequestOutcome,
  type Responder,
  readRecording,
  redirectTo,
  type ScriptedAnswer,
  type ScriptedBody,
  type ScriptedError,
  type ScriptedFinish,
  type ScriptedProvider,
  type ScriptedProviderOptions,
  type ScriptedRecording,
  type ScriptedReply,
  type ScriptedToolCall,
  type ScriptedUsage,
  type StopManner,
  type StopPlace,
  startScriptedProvider,
  type Wire,
} from './testing/index.ts';
