/** The messages of a conversation and their parts, whatever the provider. */
import type { JsonObject } from './json.ts';

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

/** One message of text. */
export function userText(text: string): Message {
  return { role: 'user', content: [{ type: 'text', text }] };
}
