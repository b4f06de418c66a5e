import type { AiConfig } from '../../../config/index.ts';
import { unpricedTargets } from '../../models/index.ts';
import type { ModelChecks } from './check-ai-field.ts';

/** The built-in model that generates text; the other one only compares texts. */
const localWriter = 'extractive';

/** Answers the composition checks' questions from the AI configuration. */
export function modelChecks(ai: AiConfig): ModelChecks {
  const builtIn = new Set(ai.providers.flatMap(({ name, kind }) => (kind === 'local' ? [name] : [])));
  return {
    aliases: Object.keys(ai.models),
    fields: ai.fields,
    unpriced: (alias) => unpricedTargets(ai, alias),
    cannot: (alias, needs) => {
      const targets = Object.hasOwn(ai.models, alias) ? (ai.models[alias]?.targets ?? []) : [];
      if (targets.length === 0) return undefined;
      const writers = targets.filter(({ provider, model }) => !builtIn.has(provider) || model === localWriter);
      if (writers.length === 0)
        return `no target of "${alias}" writes: of the built-in models only ${localWriter} does`;
      if (needs === 'text') return undefined;
      const able = writers.some(({ capabilities }) => capabilities === undefined || capabilities.includes('json'));
      return able ? undefined : `no target of "${alias}" has the capability json`;
    },
  };
}
