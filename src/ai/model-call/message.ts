/** The messages of a conversation and their parts, independent of the provider. */
import type { JsonObject } from './json.ts';

/**
 * A prompt-cache marker: the provider is asked to cache the request up to the end of the part or message that carries
 * it. It changes the cost of a call and never its answer.
 */
export interface CacheMark {
  readonly ttl: '5m' | '1h';
}

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  readonly cache?: CacheMark;
  /** In an answer: the citations of the provider, in its own form, passed through unparsed. */
  readonly citations?: readonly JsonObject[];
}

/** The source of an image or file. A URL is passed to the provider; Isthmus itself never fetches it. */
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

/** A document or an audio file. */
export interface FilePart {
  readonly type: 'file';
  readonly source: MediaSource;
  /** Such as `application/pdf` or `audio/wav`. */
  readonly mediaType: string;
  readonly name?: string;
  readonly cache?: CacheMark;
  /** Whether the answer should cite the file, for providers with citations. */
  readonly citations?: boolean;
  /** Context about the file for the model, for providers that accept it. */
  readonly context?: string;
}

/** The model's reasoning, if its provider exposes it. */
export interface ReasoningPart {
  readonly type: 'reasoning';
  readonly text: string;
  /**
   * Data that the provider requires back with this part in the next request, unparsed: a signature, an encrypted item.
   */
  readonly opaque?: JsonObject;
}

/** A tool call requested by the model. */
export interface ToolCallPart {
  readonly type: 'tool_call';
  readonly id: string;
  readonly name: string;
  /** JSON text as the model wrote it; not parsed or validated here. An empty text is sent as `{}`. */
  readonly arguments: string;
  /** Data that the provider requires back with this part in the next request, unparsed. */
  readonly opaque?: JsonObject;
  readonly cache?: CacheMark;
}

/** The result of a tool. */
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
      /**
       * The id of the item in a request for several separate items, which the answer repeats: see `itemAnswers`. Not
       * sent.
       */
      readonly item?: string;
    }
  | { readonly role: 'assistant'; readonly content: readonly (TextPart | ReasoningPart | ToolCallPart)[] }
  | { readonly role: 'tool'; readonly content: readonly ToolResultPart[] };

/** A user message with one text. */
export function userText(text: string): Message {
  return { role: 'user', content: [{ type: 'text', text }] };
}
