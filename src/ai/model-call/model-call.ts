/**
 * The one form of a model call, whatever the provider: what is asked, what is answered, whole or as a stream, and how
 * a provider fails. No provider's own types travel further than its file.
 */
import type { Deadline } from '../../lib/index.ts';

/** Any JSON value, as outside data is read. */
export type JsonObject = { readonly [key: string]: unknown };

/** A JSON schema (draft 2020-12), as structured output and tools are described. */
export type JsonSchema = JsonObject;

/**
 * Up to here, the end of what carries it included, the provider is asked to keep the request for the next one that
 * begins alike. It changes what a call costs and never what it answers.
 */
export interface CacheMark {
  readonly ttl: '5m' | '1h';
}

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  readonly cache?: CacheMark;
  /** Of an answer: where its provider found what it says, in the provider's own form, unread. */
  readonly citations?: readonly JsonObject[];
}

/** Where an image's or a file's bytes are. A URL is handed to the provider; Isthmus itself never fetches it. */
export type MediaSource =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'base64'; readonly data: string };

export interface ImagePart {
  readonly type: 'image';
  readonly source: MediaSource;
  /** Such as `image/png`; unknown for some URLs. */
  readonly mediaType?: string;
  readonly detail?: 'auto' | 'low' | 'high';
  readonly cache?: CacheMark;
}

/** A document or a sound. */
export interface FilePart {
  readonly type: 'file';
  readonly source: MediaSource;
  /** Such as `application/pdf` or `audio/wav`. */
  readonly mediaType: string;
  readonly name?: string;
  readonly cache?: CacheMark;
  /** Whether the answer is to say where in it it was found, for providers that can. */
  readonly citations?: boolean;
  /** What the model is to know of it beside its text, for providers that take such words. */
  readonly context?: string;
}

/** The model's thinking, where its provider shows it. */
export interface ReasoningPart {
  readonly type: 'reasoning';
  readonly text: string;
  /** What the provider wants back with this part in the next request, unread: a signature, an encrypted item. */
  readonly opaque?: JsonObject;
}

/** The model asks for a tool to be run. */
export interface ToolCallPart {
  readonly type: 'tool_call';
  readonly id: string;
  readonly name: string;
  /** JSON text, as the model wrote it; never parsed or validated here. An empty text is written as `{}`. */
  readonly arguments: string;
  /** What the provider wants back with this part in the next request, unread. */
  readonly opaque?: JsonObject;
  readonly cache?: CacheMark;
}

/** What a tool answered. */
export interface ToolResultPart {
  readonly type: 'tool_result';
  readonly callId: string;
  readonly name?: string;
  readonly content: readonly (TextPart | ImagePart | FilePart)[];
  readonly isError?: boolean;
  readonly cache?: CacheMark;
}

/** One message of a conversation. Untrusted text travels in `user` and `tool` messages, never in `system`. */
export type Message =
  | { readonly role: 'system'; readonly content: string; readonly cache?: CacheMark }
  | {
      readonly role: 'user';
      readonly content: readonly (TextPart | ImagePart | FilePart)[];
      /** Which of a request's separate items it is, by the id the answer has to repeat: see `itemAnswers`. Not sent. */
      readonly item?: string;
    }
  | { readonly role: 'assistant'; readonly content: readonly (TextPart | ReasoningPart | ToolCallPart)[] }
  | { readonly role: 'tool'; readonly content: readonly ToolResultPart[] };

/** What the answer must be: text, JSON text that fits a schema, or any JSON text. */
export type OutputForm =
  | { readonly kind: 'text' }
  | {
      readonly kind: 'json';
      /** A name providers show in their logs: letters, digits, `_` and `-`. */
      readonly name: string;
      /** `undefined`: any JSON object. */
      readonly schema: JsonSchema | undefined;
      readonly description?: string;
    };

export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  /** The JSON schema of its arguments, an object. */
  readonly parameters: JsonSchema;
  /** Whether the provider must hold arguments to the schema. */
  readonly strict?: boolean;
  readonly cache?: CacheMark;
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** What is asked. What a model cannot do of it is a failure of kind `unsupported` that names it, never dropped. */
export interface ModelRequest {
  readonly messages: readonly Message[];
  readonly output: OutputForm;
  /** The upper bound of the answer in tokens, reasoning included. Default: the provider's. */
  readonly maxOutputTokens?: number;
  /** 0 (most likely words) to 2. Default: the provider's. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly reasoning?: { readonly effort?: ReasoningEffort; readonly budgetTokens?: number };
  /** How much work the whole answer is worth. Unlike `reasoning.effort` it does not switch reasoning on. */
  readonly effort?: ReasoningEffort;
  readonly tools?: readonly ToolDefinition[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  /** The end user, as the application names them; sent to providers that take such a name. */
  readonly user?: string;
  /** Where the conversation ends, whatever it ends with. */
  readonly cache?: CacheMark;
  /**
   * Fields of the client's body that have no place in this form and change nothing of what is asked, such as `metadata`:
   * a provider that is not sent the body leaves them out and tells so, or refuses them where it is told to refuse.
   */
  readonly optional?: readonly string[];
  /** What the client calls fields whose changes are told by other names: `user` is Anthropic's `metadata.user_id`. */
  readonly names?: Readonly<Record<string, string>>;
  /** Fields that this gateway hands to nobody, and that were only offered: they are out of the body too. */
  readonly removed?: readonly string[];
  /**
   * The request as the client wrote it, where it came in a provider's own wire. A provider that speaks this wire sends
   * it as it is, with the model's name replaced; every other provider refuses `wire.beyond` (the fields that have no
   * place in this form) as `unsupported`.
   */
  readonly wire?: WireRequest;
}

export type Wire = 'openai-chat' | 'openai-responses';

/** What becomes of a field that a target has no place for: see `ai.providers.<name>.unsupported`. */
export type UnsupportedPolicy = 'adapt' | 'drop' | 'refuse';

export interface WireRequest {
  readonly wire: Wire;
  /** The parsed body. Never changed: what it says and what the rest of the request says is the same. */
  readonly body: JsonObject;
  /** The names of fields of `body` that this form has no place for, such as `logprobs`. */
  readonly beyond: readonly string[];
  /** Those of `beyond` that other wires have a nearest form for, in which they are in the rest of the request. */
  readonly adapts?: readonly string[];
  /** The body is not what its own wire takes, such as tools described as on another wire: it is never sent as it is. */
  readonly isForeign?: true;
}

/**
 * How much was read and written, in tokens of the model's own, as OpenTelemetry's GenAI conventions define them:
 * `inputTokens` includes cached tokens and cache writes, `outputTokens` includes reasoning.
 */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Read from the provider's cache; part of `inputTokens`. */
  readonly cachedInputTokens?: number;
  /** Written to the provider's cache; part of `inputTokens`. */
  readonly cacheWriteTokens?: number;
  /** The part of `cacheWriteTokens` that is kept for an hour, which some providers price higher. */
  readonly cacheWriteHourTokens?: number;
  /** Part of `outputTokens`. */
  readonly reasoningTokens?: number;
  /** Parts of `inputTokens` and `outputTokens` that were sound. */
  readonly inputAudioTokens?: number;
  readonly outputAudioTokens?: number;
  /** `reported` by the provider, or `estimated` by us where it said nothing. */
  readonly source: 'reported' | 'estimated';
}

/** `stop` includes a stop sequence; `refusal`: the model or its provider would not answer. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal';

export type AnswerPart = TextPart | ReasoningPart | ToolCallPart;

/** A whole, complete answer. Nothing in it is validated against the request's output. */
export interface ModelAnswer {
  /** In the model's order. Text parts hold JSON text where the request's output is `json`. */
  readonly content: readonly AnswerPart[];
  readonly finishReason: FinishReason;
  /** The model's own words for refusing, where it did. */
  readonly refusal?: string;
  /** The stop sequence that ended it, where the provider tells which. */
  readonly stopSequence?: string;
  /** What the provider says of why it stopped, in its own form, unread. */
  readonly stopDetails?: JsonObject;
  readonly usage: Usage;
  /** The provider's id of this answer, for its support. */
  readonly requestId?: string;
  /** The model's name as the provider answered it. */
  readonly respondedModel?: string;
  /** What was changed of the request so that the target could take it: see `ProviderCall.adapted`. */
  readonly adapted?: readonly string[];
  /** The body as the provider sent it, where the request's `wire` was sent as it is. Only a whole answer has it. */
  readonly wire?: string;
  /** Whether `wire` says anything that is not in the rest: what guardrails have not seen is not passed on. */
  readonly wireSaysMore?: true;
}

/** The text parts of an answer, joined. */
export function textOf(answer: Pick<ModelAnswer, 'content'>): string {
  const [only] = answer.content;
  if (answer.content.length === 1 && only?.type === 'text') return only.text;
  return answer.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** One message of text. */
export function userText(text: string): Message {
  return { role: 'user', content: [{ type: 'text', text }] };
}

/**
 * What a stream tells before it ends. `index` names the part a delta belongs to: parts of one answer are numbered from
 * 0 in the order they begin.
 *
 * `wire` is the event's data as the provider sent it, where the request's `wire` was sent as it is; `other` is an event
 * that says nothing in this form (a role, an annotation) and is only there to be passed on.
 */
export type StreamDelta =
  | { readonly type: 'text_delta'; readonly index: number; readonly text: string; readonly wire?: string }
  | {
      readonly type: 'reasoning_delta';
      readonly index: number;
      readonly text: string;
      readonly opaque?: JsonObject;
      readonly wire?: string;
    }
  | { readonly type: 'refusal_delta'; readonly text: string; readonly wire?: string }
  | {
      readonly type: 'tool_call_start';
      readonly index: number;
      readonly id: string;
      readonly name: string;
      /** What is known at its begin of what the provider wants back with it. */
      readonly opaque?: JsonObject;
      readonly wire?: string;
    }
  | { readonly type: 'citation_delta'; readonly index: number; readonly citation: JsonObject; readonly wire?: string }
  | { readonly type: 'tool_call_delta'; readonly index: number; readonly arguments: string; readonly wire?: string }
  | { readonly type: 'other'; readonly wire: string };

/** A provider's stream: deltas, then exactly one `end` (the whole answer, reassembled) or `failed`, then nothing. */
export type ProviderStreamPart =
  | StreamDelta
  | { readonly type: 'end'; readonly answer: ModelAnswer }
  | { readonly type: 'failed'; readonly failure: ProviderFailure };

export interface EmbeddingRequest {
  /** Empty where `tokens` are given. */
  readonly texts: readonly string[];
  /** Instead of texts: the ids of their tokens, for models whose tokenizer the client knows. Never empty. */
  readonly tokens?: readonly (readonly number[])[];
  /** The length of each vector, for models that can shorten it. Default: the model's. */
  readonly dimensions?: number;
  readonly user?: string;
}

export interface Embeddings {
  /** One vector per text, in order. */
  readonly vectors: readonly Float32Array[];
  readonly usage: Usage;
  readonly requestId?: string;
}

/** What a provider's own moderation model says of texts, one result a text, in order. */
export interface Moderation {
  readonly results: readonly {
    readonly flagged: boolean;
    /** By the provider's names of them. */
    readonly categories: Readonly<Record<string, boolean>>;
    readonly scores: Readonly<Record<string, number>>;
  }[];
  readonly usage: Usage;
  readonly requestId?: string;
}

/** What bounds a call: everything that waits has a signal and a deadline. */
export interface CallBounds {
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
  /** Told whenever anything of the answer arrives, a comment or a ping of its stream too: the provider is alive. */
  readonly onArrival?: () => void;
}

export interface ProviderCall extends CallBounds {
  /** Which of the provider's keys to send: 0 to `keys - 1`. */
  readonly key: number;
  /** How the target asks for JSON. */
  readonly structured: 'json_schema' | 'json_object' | 'tool' | 'prompt';
  /** The most tokens the target writes in one answer, where the configuration says so. */
  readonly maxOutputTokens?: number | undefined;
  /**
   * What the provider changed of the request so that its target takes it, in the names of the client's fields: `user`
   * (left out), `max_tokens=64000` (given another value). The provider adds to it before it sends.
   */
  readonly adapted?: string[];
}

/**
 * Why a provider did not answer; whether and how to go on is data on it.
 *
 * - `rate_limited` (429), `overloaded` (503, 529), `server_error` (other 5xx, 408, 409, errors in a stream),
 *   `connection` (no connection, reset, cut body), `malformed` (an answer that is not of the wire), `timeout`
 *   (the deadline, or the target's own): the same request may succeed later or elsewhere
 * - `unauthorized` (401, 402, 403) and `quota_exhausted` (`insufficient_quota`): never again with this key
 * - `not_found` (404: no such model), `invalid_request` (400, 422), `unsupported` (this target cannot do what is
 *   asked; found before calling), `unsupported_value` (the provider said so): never again on this target
 * - `context_window`: the input is too long for this model · `content_policy`: the provider would not take the input
 * - `stream_incomplete`: a stream ended without the provider's terminal event
 */
export type FailureKind =
  | 'rate_limited'
  | 'overloaded'
  | 'server_error'
  | 'connection'
  | 'malformed'
  | 'timeout'
  | 'unauthorized'
  | 'quota_exhausted'
  | 'not_found'
  | 'invalid_request'
  | 'unsupported'
  | 'unsupported_value'
  | 'context_window'
  | 'content_policy'
  | 'stream_incomplete';

export interface FailureDetails {
  readonly kind: FailureKind;
  /** What happened, for the operator: the provider's status, code and sentence, without any key. At most 500 characters. */
  readonly detail: string;
  readonly status?: number;
  /** How long the provider asks to be left alone: from `retry-after-ms`, `retry-after` (seconds or a date), `RetryInfo`. */
  readonly retryAfterMs?: number;
  readonly requestId?: string;
  /** The field that the provider says it does not take. */
  readonly field?: string;
  /** What the provider reported, or what we estimate, of tokens used all the same; they are booked. */
  readonly usage?: Usage;
  readonly cause?: unknown;
}

export class ProviderFailure extends Error {
  override readonly name = 'ProviderFailure';
  readonly kind: FailureKind;
  readonly detail: string;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
  readonly usage: Usage | undefined;
  readonly field: string | undefined;

  constructor(details: FailureDetails) {
    super(details.detail, details.cause === undefined ? {} : { cause: details.cause });
    this.kind = details.kind;
    this.detail = details.detail.slice(0, 500);
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.requestId = details.requestId;
    this.usage = details.usage;
    this.field = details.field;
  }

  /** The same failure with some of its details in other words; what caused it is not handed on. */
  with(changes: Partial<Pick<ProviderFailure, 'kind' | 'detail' | 'requestId' | 'usage'>>): ProviderFailure {
    const { kind, detail, requestId, usage } = { ...this, ...changes };
    const { status, retryAfterMs, field } = this;
    return new ProviderFailure({
      kind,
      detail,
      ...(status === undefined ? {} : { status }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(requestId === undefined ? {} : { requestId }),
      ...(usage === undefined ? {} : { usage }),
      ...(field === undefined ? {} : { field }),
    });
  }
}

/**
 * A source of models. Implementations: `openai` (any endpoint of that wire), `ai-sdk` (any AI SDK provider package) and
 * `local`.
 *
 * One call is one HTTP request: retries, keys, routing and records are the model client's. `complete` and `embed` reject
 * with a `ProviderFailure`; `stream` never throws: its last part is `end` or `failed`. When the signal aborts, the
 * provider's connection is closed within 100 ms and the call rejects with the signal's reason (`stream` throws it).
 */
export interface ModelProvider {
  readonly name: string;
  /** How many keys there are to rotate; 1 where none is needed. */
  readonly keys: number;
  complete(model: string, request: ModelRequest, call: ProviderCall): Promise<ModelAnswer>;
  stream(model: string, request: ModelRequest, call: ProviderCall): AsyncIterable<ProviderStreamPart>;
  embed(model: string, request: EmbeddingRequest, call: ProviderCall): Promise<Embeddings>;
  /** Missing: it has no moderation models. */
  moderate?(model: string, texts: readonly string[], call: ProviderCall): Promise<Moderation>;
  close(): Promise<void>;
}
