import { factsOfModel } from '../../fitting/index.ts';
import type { Target } from './target.ts';

/** Of a model that nothing is known of. */
export const defaultOutputTokens = 1_024;

/** The most that a target writes in answer to a request that does not bound it: as configured, else as its vendor says. */
export function unboundedOutputTokens({ config }: Target): number {
  return config.maxOutputTokens ?? factsOfModel(config.model).maxOutputTokens ?? defaultOutputTokens;
}
