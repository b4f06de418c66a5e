/** The request to a model: a conversation, the form of the answer, tools and settings. */
import type { JsonSchema } from './json.ts';
import type { CacheMark, Message } from './message.ts';
import type { WireRequest } from './wire-request.ts';

/** The form of the answer: text, JSON text that fits a schema, or any JSON text. */
export type OutputForm =
  | { readonly kind: 'text' }
  | {
      readonly kind: 'json';
      /** A name that providers show in their logs: letters, digits, `_` and `-`. */
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
  /** Whether the provider must enforce the schema for the arguments. */
  readonly strict?: boolean;
  readonly cache?: CacheMark;
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/**
 * A model request. A feature that the model does not support fails with `unsupported` and its name; it is never
 * dropped.
 */
export interface ModelRequest {
  readonly messages: readonly Message[];
  readonly output: OutputForm;
  /** The bound of the answer in tokens, reasoning included. Default: the provider's. */
  readonly maxOutputTokens?: number;
  /** 0 (deterministic) to 2. Default: the provider's. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly reasoning?: { readonly effort?: ReasoningEffort; readonly budgetTokens?: number };
  /** The effort of the whole answer. Unlike `reasoning.effort` it does not enable reasoning. */
  readonly effort?: ReasoningEffort;
  readonly tools?: readonly ToolDefinition[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  /** The end user's id in the application; sent to providers that accept one. */
  readonly user?: string;
  /** A cache marker at the end of the conversation, whatever its last message is. */
  readonly cache?: CacheMark;
  /**
   * Fields of the client's body without an equivalent in this form and without effect on the answer, such as
   * `metadata`: a provider that does not forward the body omits and reports them, or refuses the request, by its
   * policy.
   */
  readonly optional?: readonly string[];
  /**
   * The client's names of fields, if they differ from those used to report changes: `user` is Anthropic's
   * `metadata.user_id`.
   */
  readonly names?: Readonly<Record<string, string>>;
  /** Optional fields that this gateway never forwards; they are removed from the body too. */
  readonly removed?: readonly string[];
  /**
   * The client's request in a provider's own wire. A provider of this wire forwards it unchanged, with the model's name
   * replaced; every other provider refuses `wire.unmapped` (the fields without an equivalent in this form) as
   * `unsupported`.
   */
  readonly wire?: WireRequest;
}
