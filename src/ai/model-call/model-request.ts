/** What a model is called with: a conversation, the form of the answer, tools and settings. */
import type { JsonSchema } from './json.ts';
import type { CacheMark, Message } from './message.ts';
import type { WireRequest } from './wire-request.ts';

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
   * it as it is, with the model's name replaced; every other provider refuses `wire.unmapped` (the fields that have no
   * place in this form) as `unsupported`.
   */
  readonly wire?: WireRequest;
}
