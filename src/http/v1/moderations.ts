/**
 * OpenAI's moderations wire: texts in, a judgement of each out. The model is an alias, or, where the client names none or
 * one of OpenAI's, the one of `ai.guardrails.moderation`.
 */

import type { ModerationCompletion } from '../../ai/model-call/index.ts';
import type { ModelClient } from '../../ai/models/index.ts';
import {
  asFields,
  type Fields,
  InvalidField,
  knownFields,
  readString,
  readTextPart,
  sortFields,
} from '../../ai/wires/shared/index.ts';
import { newId } from '../../lib/index.ts';

export interface ModerationsCall {
  /** As the client named it; `undefined`: it named none. */
  readonly model: string | undefined;
  readonly texts: readonly string[];
}

const known = knownFields({ form: ['model', 'input'], hint: ['user', 'metadata', 'safety_identifier'], refused: [] });

/** Each text may be a model's call of its own. */
const maxTexts = 32;

/** The names that OpenAI's clients send where the application says nothing. */
const openAiModels = /^(?:omni|text)-moderation-[\w.-]+$/;

/** @throws InvalidField */
export function readModerationsRequest(body: Fields): ModerationsCall {
  const [beyond] = sortFields(body, known).beyond;
  if (beyond !== undefined) {
    throw new InvalidField(`\`${beyond.slice(0, 64)}\` is not available here.`, beyond, 'AI_REQUEST_UNSUPPORTED');
  }
  return { model: readString(body, 'model'), texts: readTexts(body.input) };
}

function readTexts(input: unknown): readonly string[] {
  const inputs: unknown = typeof input === 'string' ? [input] : input;
  if (!Array.isArray(inputs) || inputs.length === 0 || inputs.length > maxTexts) {
    throw new InvalidField(`\`input\` must be a string, or an array of 1 to ${maxTexts} of them.`, 'input');
  }
  if (inputs.every((one) => typeof one === 'string')) return inputs;
  // Parts are judged together, as one input.
  const texts = inputs.map((given, index) => {
    const at = `input[${index}]`;
    const part = asFields(given, at);
    if (part.type !== 'image_url') return readTextPart(part, at);
    throw new InvalidField('Images are not judged here.', at, 'AI_REQUEST_UNSUPPORTED');
  });
  return [texts.join('\n')];
}

/** Whose model judges; `undefined`: that of the guardrails. */
export function judgeOf({ model }: ModerationsCall, models: ModelClient): string | undefined {
  return model === undefined || (openAiModels.test(model) && !models.has(model)) ? undefined : model;
}

const categories = [
  ...['harassment', 'harassment/threatening', 'hate', 'hate/threatening', 'illicit', 'illicit/violent', 'self-harm'],
  ...['self-harm/instructions', 'self-harm/intent', 'sexual', 'sexual/minors', 'violence', 'violence/graphic'],
] as const;

/** What models call them, by what OpenAI does. */
const words: readonly (readonly [RegExp, (typeof categories)[number]])[] = [
  [/minor|child/, 'sexual/minors'],
  [/self.?harm|suicid/, 'self-harm'],
  [/sex|porn/, 'sexual'],
  [/harass|bully|insult/, 'harassment'],
  [/hate|racis|discriminat/, 'hate'],
  [/crim|illicit|illegal|weapon|drug|fraud|hack/, 'illicit'],
  [/violen|threat|gore/, 'violence'],
];

function nameOf(category: string): string {
  const name = category.toLowerCase().replace(/[\s_]+/g, '-');
  if ((categories as readonly string[]).includes(name)) return name;
  return words.find(([pattern]) => pattern.test(name))?.[1] ?? name;
}

export function writeModerations({ model }: ModerationsCall, answer: ModerationCompletion): string {
  const results = answer.results.map((result) => {
    const flags: Record<string, boolean> = Object.fromEntries(categories.map((name) => [name, false]));
    const scores: Record<string, number> = Object.fromEntries(categories.map((name) => [name, 0]));
    for (const [name, flag] of Object.entries(result.categories)) flags[nameOf(name)] ||= flag;
    for (const [name, score] of Object.entries(result.scores)) {
      scores[nameOf(name)] = Math.max(score, scores[nameOf(name)] ?? 0);
    }
    const types = Object.fromEntries(Object.keys(flags).map((name) => [name, ['text']]));
    return { flagged: result.flagged, categories: flags, category_scores: scores, category_applied_input_types: types };
  });
  return JSON.stringify({ id: newId('modr-'), model: model ?? answer.model, results });
}
