/**
 * Decides about the warnings of an AI SDK package, by the provider's policy: refuse the request with the setting's
 * name, omit a setting, or let the package change it and report the change.
 */
import type { LanguageModelV4CallOptions, SharedV4Warning } from '@ai-sdk/provider';
import type { ModelRequest, UnsupportedPolicy } from '../../model-call/index.ts';

type Setting = 'temperature' | 'topP' | 'topK' | 'seed' | 'frequencyPenalty' | 'presencePenalty' | 'reasoning';

export interface WarningVerdict {
  /** Why the request cannot be sent, as the package describes it. */
  readonly refused: readonly string[];
  /** Settings to omit. */
  readonly without: readonly Setting[];
  /** Features that the package may change. */
  readonly accepted: readonly string[];
  /** The changes that are reported to the client. */
  readonly reported: readonly string[];
}

/** The value of each setting that equals the default behaviour. */
const neutral: Partial<Readonly<Record<string, number>>> = {
  temperature: 1,
  topP: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
};

/** Settings that only influence how an answer is generated, with the client's names of them. */
const steering: ReadonlyMap<string, string> = new Map([
  ['temperature', 'temperature'],
  ['topP', 'top_p'],
  ['topK', 'top_k'],
  ['seed', 'seed'],
  ['frequencyPenalty', 'frequency_penalty'],
  ['presencePenalty', 'presence_penalty'],
]);

export function judgeWarnings(
  warnings: readonly SharedV4Warning[],
  options: LanguageModelV4CallOptions,
  request: ModelRequest,
  policy: UnsupportedPolicy,
): WarningVerdict {
  const refused: string[] = [];
  const without: Setting[] = [];
  const accepted: string[] = [];
  const reported: string[] = [];
  for (const warning of warnings) {
    if (warning.type === 'compatibility') {
      if (warning.feature !== 'reasoning') continue;
      // Other efforts are replaced by the nearest; `none` must be exact, because it bounds the cost.
      if (policy === 'refuse') {
        if (request.reasoning?.effort === 'none') refused.push(wordsOf(warning));
        continue;
      }
      accepted.push(warning.feature);
      const nearest = /"(\w+)"[^"]*$/.exec(warning.details ?? '')?.[1];
      reported.push(nearest === undefined ? 'reasoning_effort' : `reasoning_effort=${nearest}`);
      continue;
    }
    if (warning.type !== 'unsupported' || warning.feature.endsWith('.structuredOutputMode')) continue;
    if (policy === 'refuse' || !remedied(warning)) refused.push(wordsOf(warning));
  }
  return { refused, without, accepted, reported };

  function remedied({ feature }: Extract<SharedV4Warning, { type: 'unsupported' }>): boolean {
    const name = steering.get(feature);
    if (name !== undefined) {
      // If only one of both is accepted, the neutral one is omitted.
      if (feature === 'topP' && options.topP !== neutral.topP && options.temperature === neutral.temperature) {
        omit('temperature', 'temperature');
        return true;
      }
      const value = options[feature as keyof LanguageModelV4CallOptions];
      if (value !== neutral[feature] && policy !== 'drop') return false;
      omit(feature as Setting, name);
      return true;
    }
    if (feature === 'reasoning') {
      without.push('reasoning');
      // A model without reasoning already satisfies it.
      if (request.reasoning?.effort !== 'none') reported.push('reasoning_effort');
      return true;
    }
    if (feature.endsWith('.thinking')) {
      accepted.push(feature);
      const budget = request.reasoning?.budgetTokens ?? 0;
      reported.push(budget > 0 ? 'thinking.budget_tokens=adaptive' : 'thinking');
      return true;
    }
    if (feature.endsWith('.effort')) {
      accepted.push(feature);
      reported.push('output_config.effort=high');
      return true;
    }
    return false;
  }

  function omit(setting: Setting, name: string): void {
    without.push(setting);
    reported.push(name);
  }
}

function wordsOf({ feature, details }: Extract<SharedV4Warning, { feature: string }>): string {
  return details === undefined ? feature : `${feature} (${details})`;
}
