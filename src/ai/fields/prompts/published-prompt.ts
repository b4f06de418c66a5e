import type { JsonSchema, ModelRequest } from '../../model-call/index.ts';

/** A prompt as an API of its own: what `POST /v1/prompts/{name}` runs and `/v1/openapi.json` describes. */
export interface PublishedPrompt {
  /** The subgraph whose prompt it is. */
  readonly subgraph: string;
  /** Without version: `review-summary`. */
  readonly name: string;
  /** `undefined`: the working version. */
  readonly version?: number;
  /** The alias of `ai.models` that answers. */
  readonly alias: string;
  /** What its input must be: the front matter's `input.schema`. `undefined`: any object. */
  readonly inputSchema: JsonSchema | undefined;
  /** What its output fits; without it the output is text. */
  readonly outputSchema?: JsonSchema;
  readonly maxOutputTokens: number;
  /** The call, filled with an input that fits `inputSchema`; its values are data, never template. */
  render(input: Readonly<Record<string, unknown>>): Promise<ModelRequest>;
}
