/** A request in the client's own wire, which a provider may accept unchanged. */
import type { JsonObject } from './json.ts';

export type Wire = 'openai-chat' | 'openai-responses';

export interface WireRequest {
  readonly wire: Wire;
  /** The parsed body, unchanged. It is equivalent to the other fields of the request. */
  readonly body: JsonObject;
  /** The fields of `body` that the model-call form has no field for, such as `logprobs`. */
  readonly unmapped: readonly string[];
  /** Those of `unmapped` with a nearest equivalent on other wires, which the other fields of the request carry. */
  readonly adapts?: readonly string[];
  /** The body is not valid on its own wire, such as tools in the form of another wire: it is never forwarded. */
  readonly isForeign?: true;
  /** How many answers `body` asks for: each is billed. @default 1 */
  readonly choices?: number;
}

export function choicesOf({ wire }: { readonly wire?: WireRequest | undefined }): number {
  return wire?.choices ?? 1;
}
