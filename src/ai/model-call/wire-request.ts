/** A request as its client wrote it, in a wire that a provider may speak itself. */
import type { JsonObject } from './json.ts';

export type Wire = 'openai-chat' | 'openai-responses';

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
