/** One AI field of one entity, ready to be asked of a model; and what came of it. */

import type { Usage } from '../../model-call/index.ts';
import type { Caller } from '../../models/index.ts';
import type { FieldOutput } from '../output/field-output.ts';
import type { Prompt } from '../prompts/prompt.ts';
import type { Inputs } from './sensitive.ts';

export interface FieldQuestion {
  /** `Type.field`. */
  readonly coordinate: string;
  /** Of everything that can change the answer: equal keys, equal questions. */
  readonly key: string;
  readonly prompt: Prompt;
  /** The alias of ai.models. */
  readonly alias: string;
  readonly output: FieldOutput;
  /** What the prompt's variables are filled with; personal data is masked already. */
  readonly values: Inputs;
  readonly maxOutputTokens: number;
  /** `undefined`: as long as the configuration keeps answers. */
  readonly cacheTtlSeconds: number | undefined;
  /** What the field's own code is called with, where it has any. */
  readonly entity: Inputs;
  readonly args: Inputs;
  readonly caller: Caller;
  readonly stickyKey: string;
  readonly requestId: string;
}

export interface FieldAnswer {
  /** As graphql-js completes it; a `GatewayError` stands where a nullable part of the answer was not valid. */
  readonly value: unknown;
  /** Whether all of it was valid: what is not is never kept. */
  readonly isComplete: boolean;
  readonly told: Told;
}

/** How a field's value came about, as `extensions.ai` tells it. */
export interface Told {
  /** The reference of the model that answered. */
  readonly model: string;
  readonly prompt: string;
  /** `field`: kept by what it was made from · `exact`, `semantic`: by the model client · `shared`: asked for another too. */
  readonly cached: false | 'field' | 'stale' | 'exact' | 'semantic' | 'shared';
  readonly costNanoUsd: bigint;
  readonly usage: Usage | undefined;
  readonly attempts: number;
  readonly durationMs: number;
  /** How many fields the model was asked for in the same call, where it was more than one. */
  readonly batch?: number;
  /** Whether the first answer was not valid and the model was told so. */
  readonly repaired?: boolean;
  /** The messages sent and the text answered; shown only where the configuration allows it. */
  readonly texts?: { readonly messages: unknown; readonly answer: string };
}
