/** Writes answers of OpenAI's moderations endpoint: each result has all of OpenAI's categories, and the model's own. */
import { newId } from '../../../lib/index.ts';
import type { ModerationCompletion } from '../../model-call/index.ts';
import type { ModerationsCall } from './read-moderations-request.ts';

const categories = [
  ...['harassment', 'harassment/threatening', 'hate', 'hate/threatening', 'illicit', 'illicit/violent', 'self-harm'],
  ...['self-harm/instructions', 'self-harm/intent', 'sexual', 'sexual/minors', 'violence', 'violence/graphic'],
] as const;

/** OpenAI's categories for common names of models. */
const synonyms: readonly (readonly [RegExp, (typeof categories)[number]])[] = [
  [/minor|child/, 'sexual/minors'],
  [/self.?harm|suicid/, 'self-harm'],
  [/sex|porn/, 'sexual'],
  [/harass|bully|insult/, 'harassment'],
  [/hate|racis|discriminat/, 'hate'],
  [/crim|illicit|illegal|weapon|drug|fraud|hack/, 'illicit'],
  [/violen|threat|gore/, 'violence'],
];

function categoryOf(category: string): string {
  const name = category.toLowerCase().replace(/[\s_]+/g, '-');
  if ((categories as readonly string[]).includes(name)) return name;
  return synonyms.find(([pattern]) => pattern.test(name))?.[1] ?? name;
}

export function writeModerations({ model }: ModerationsCall, answer: ModerationCompletion): string {
  const results = answer.results.map((result) => {
    const flags: Record<string, boolean> = Object.fromEntries(categories.map((name) => [name, false]));
    const scores: Record<string, number> = Object.fromEntries(categories.map((name) => [name, 0]));
    for (const [name, flag] of Object.entries(result.categories)) flags[categoryOf(name)] ||= flag;
    for (const [name, score] of Object.entries(result.scores)) {
      scores[categoryOf(name)] = Math.max(score, scores[categoryOf(name)] ?? 0);
    }
    const types = Object.fromEntries(Object.keys(flags).map((name) => [name, ['text']]));
    return { flagged: result.flagged, categories: flags, category_scores: scores, category_applied_input_types: types };
  });
  return JSON.stringify({ id: newId('modr-'), model: model ?? answer.model, results });
}
