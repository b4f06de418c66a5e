import type { AiConfig } from '../../config/index.ts';
import { unpricedTargets } from '../models/index.ts';
import type { ModelChecks } from './check-ai-field.ts';

/** What the composition checks ask of the configured models. */
export function modelChecks(ai: AiConfig): ModelChecks {
  return {
    has: (alias) => Object.hasOwn(ai.models, alias),
    unpriced: (alias) => unpricedTargets(ai, alias),
    cannot: (alias, needs) => {
      const targets = Object.hasOwn(ai.models, alias) ? (ai.models[alias]?.targets ?? []) : [];
      if (needs === 'text' || targets.length === 0) return undefined;
      const able = targets.some(({ capabilities }) => capabilities === undefined || capabilities.includes('json'));
      return able ? undefined : `no target of "${alias}" has the capability json`;
    },
  };
}
