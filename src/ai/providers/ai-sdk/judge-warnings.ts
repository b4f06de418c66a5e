/**
 * What is to be done about what an AI SDK package says it would leave out of a request (its warnings): refuse the request
 * by name, leave a setting out ourselves, or let the package change it and tell so. By the provider's policy.
 */
import type { LanguageModelV4CallOptions, SharedV4Warning } from '@ai-sdk/provider';
import type { ModelRequest, UnsupportedPolicy } from '../../model-call/index.ts';

type Setting = 'temperature' | 'topP' | 'topK' | 'seed' | 'frequencyPenalty' | 'presencePenalty' | 'reasoning';

export interface Judged {
  /** Why the request cannot be sent, in the package's words. */
  readonly refused: readonly string[];
  /** Settings to leave out. */
  readonly without: readonly Setting[];
  /** Features that the package may change. */
  readonly accepted: readonly string[];
  /** The changes that are reported to the client. */
  readonly reported: readonly string[];
}

/** The value of each setting that asks for what happens anyway. */
const neutral: Partial<Readonly<Record<string, number>>> = {
  temperature: 1,
  topP: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
};

/** Settings that only steer how an answer is written, with the client's names of them. */
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
): Judged {
  const refused: string[] = [];
  const without: Setting[] = [];
  const accepted: string[] = [];
  const reported: string[] = [];
  for (const warning of warnings) {
    if (warning.type === 'compatibility') {
      if (warning.feature !== 'reasoning') continue;
      // Other efforts are moved to the nearest; none at all is a promise about money.
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
      // Where only one of both is taken, the one that says nothing is left out.
      if (feature === 'topP' && options.topP !== neutral.topP && options.temperature === neutral.temperature) {
        leaveOut('temperature', 'temperature');
        return true;
      }
      const value = options[feature as keyof LanguageModelV4CallOptions];
      if (value !== neutral[feature] && policy !== 'drop') return false;
      leaveOut(feature as Setting, name);
      return true;
    }
    if (feature === 'reasoning') {
      without.push('reasoning');
      // A model that does not reason does as it is asked.
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

  function leaveOut(setting: Setting, name: string): void {
    without.push(setting);
    reported.push(name);
  }
}

function wordsOf({ feature, details }: Extract<SharedV4Warning, { feature: string }>): string {
  return details === undefined ? feature : `${feature} (${details})`;
}
