/** One AI field of one entity as a question to a model, and its answer. */

import type { LongInput } from '../../../config/index.ts';
import type { CallEvents } from '../../../observability/index.ts';
import type { CallBounds, SpendAccount, Usage } from '../../model-call/index.ts';
import type { Caller } from '../../models/index.ts';
import type { FieldOutput } from '../output/field-output.ts';
import type { Prompt } from '../prompts/prompt.ts';
import type { Inputs } from './sensitive.ts';

/** How much one call for a field may read. */
export interface InputBound {
  readonly maxTokens: number;
  /** What becomes of a longer input. */
  readonly longInput: LongInput;
  /** The most parts that `chunk` cuts it into. */
  readonly maxChunks: number;
}

export interface FieldQuestion {
  /** `Type.field`. */
  readonly coordinate: string;
  /** A hash of everything that can change the answer: equal keys are equal questions. */
  readonly key: string;
  readonly prompt: Prompt;
  /** The alias of ai.models. */
  readonly alias: string;
  readonly output: FieldOutput;
  /** The values of the prompt's variables; personal data is masked. */
  readonly values: Inputs;
  readonly maxOutputTokens: number;
  readonly input: InputBound;
  /** `undefined`: as long as the configuration caches answers. */
  readonly cacheTtlSeconds: number | undefined;
  /** Arguments for the field's custom code, if it has any. */
  readonly entity: Inputs;
  readonly args: Inputs;
  readonly caller: Caller;
  readonly stickyKey: string;
  readonly account: SpendAccount | undefined;
  readonly requestId: string;
}

/** The bounds of the calls for a question, and who is told of them. */
export interface FieldBounds extends CallBounds {
  readonly events?: CallEvents | undefined;
}

export interface FieldAnswer {
  /**
   * The completed value for graphql-js; a `GatewayError` is in place of a nullable part of the answer that was invalid.
   */
  readonly value: unknown;
  /** Whether all of it was valid: only complete answers are cached. */
  readonly isComplete: boolean;
  readonly provenance: Provenance;
}

/** The provenance of a field's value, as `extensions.ai` reports it. */
export interface Provenance {
  /** The reference of the model that answered. */
  readonly model: string;
  readonly prompt: string;
  /** `field`: by the answer's inputs · `exact`, `semantic`: by the model client · `shared`: with another field or request. */
  readonly cached: false | 'field' | 'stale' | 'exact' | 'semantic' | 'shared';
  readonly costNanoUsd: bigint;
  readonly usage: Usage | undefined;
  readonly attempts: number;
  readonly durationMs: number;
  /** The number of fields in the same model call, where there were several. */
  readonly batch?: number;
  /** Whether the first answer was invalid and the model was asked to correct it. */
  readonly repaired?: boolean;
  /** The messages sent and the text of the answer; reported only where the configuration allows it. */
  readonly texts?: { readonly messages: unknown; readonly answer: string };
}
