import type { JsonSchema, ModelRequest } from '../../model-call/index.ts';

/** A prompt published as an API: `POST /v1/prompts/{name}` runs it, `/v1/openapi.json` describes it. */
export interface PublishedPrompt {
  /** The subgraph that owns the prompt. */
  readonly subgraph: string;
  /** Without version: `review-summary`. */
  readonly name: string;
  /** `undefined`: the working version. */
  readonly version?: number;
  /** The alias of `ai.models` that answers. */
  readonly alias: string;
  /** The schema of the input: `input.schema` of the front matter. `undefined`: any object. */
  readonly inputSchema: JsonSchema | undefined;
  /** The schema of the output. `undefined`: text. */
  readonly outputSchema?: JsonSchema;
  readonly maxOutputTokens: number;
  /** The most tokens that a call may read; undefined: what the model takes. */
  readonly maxInputTokens?: number;
  /** Renders the model request for an input that fits `inputSchema`; values are data, never template. */
  render(input: Readonly<Record<string, unknown>>): Promise<ModelRequest>;
}
