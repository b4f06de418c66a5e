/** The models that one caller may name on /v1: an API key may be limited to some. */
import type { Principal } from '../../access/index.ts';
import { type ModelClient, modelNames } from '../../ai/models/index.ts';
import type { V1Generation } from './v1-generation.ts';

export interface OfferedModels {
  readonly models: ModelClient;
  readonly names: readonly string[];
  /** Whether the caller may name only some of them. */
  readonly isLimited: boolean;
}

export function offeredModels({ models, config }: V1Generation, principal: Principal): OfferedModels {
  const names = modelNames(models, config.ai.exposeReferences).filter((name) => mayNameModel(principal, name));
  return { models, names, isLimited: principal.models !== undefined };
}

export function mayNameModel({ models }: Principal, name: string): boolean {
  return models === undefined || models.includes(name);
}
