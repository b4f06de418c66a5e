/**
 * `isthmus/testing`: a model provider for tests, so that an AI field can be tested without a key, a network or luck.
 *
 * It is a real HTTP server on the loopback interface. It implements the wires of OpenAI (chat completions, responses,
 * embeddings, models), Anthropic, Gemini, Amazon Bedrock (Converse) and Cohere, complete and streamed: one scripted
 * answer is rendered on the wire of the request. Without a script, it answers a fixed text, or the smallest JSON that fits
 * the requested schema or tool. It can delay, drip, truncate, stall, refuse and rate-limit its answers.
 *
 * ```ts
 * import { startScriptedProvider } from 'isthmus/testing';
 *
 * await using provider = await startScriptedProvider();
 * // supergraph.yaml: ai: { providers: { openai: { kind: openai, base_url: <provider.openAiBaseUrl>, api_key: any } } }
 *
 * provider.respond({ text: 'Guests praise its handle.' });
 * provider.script([
 *   { error: { status: 429, retryAfter: 1 } },                                   // the first call, which is retried
 *   { text: 'Guests praise …', faults: { stop: { at: { afterChunks: 3 } } } },   // the second: reset after 3 events
 * ]);
 * // … query the gateway …
 * provider.requests[0]?.body; // the request to the model
 * ```
 *
 * `{ json: { label: 'POSITIVE' } }` answers structured output by the means that the request selects; `{ toolCalls }`,
 * `{ refusal }`, `{ finishReason: 'length' }` and `{ usage }` set those parts of the answer. See {@link ScriptedReply} and
 * {@link Faults} for all options.
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
