/**
 * Facts about models that their wires do not expose: their maximum output, the efforts they support. An id is recognised
 * anywhere in a provider's name: `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `openai/gpt-4o`. A request to a model
 * that is not listed is not adapted.
 *
 * Sources: the vendors' model pages (OpenAI, Anthropic, Google, DeepSeek, Cohere, Amazon), as of the models named here.
 */
import type { ReasoningEffort } from '../model-call/index.ts';

export interface ModelFacts {
  /** The maximum output of one answer, reasoning included. */
  readonly maxOutputTokens?: number;
  /** The supported reasoning efforts, ascending; empty: it does not reason. */
  readonly efforts?: readonly ReasoningEffort[];
  /** The supported values of Anthropic's `output_config.effort`, ascending; empty: it does not support the field. */
  readonly answerEfforts?: readonly ReasoningEffort[];
  /** The bounds of a thinking budget in tokens. */
  readonly budget?: { readonly min: number; readonly max: number };
}

const upToHigh: readonly ReasoningEffort[] = ['low', 'medium', 'high'];
const fromMinimal: readonly ReasoningEffort[] = ['minimal', ...upToHigh];
const fromNone: readonly ReasoningEffort[] = ['none', ...upToHigh];
const upToXhigh: readonly ReasoningEffort[] = [...fromNone, 'xhigh'];
const upToMax: readonly ReasoningEffort[] = [...upToHigh, 'max'];
const all: readonly ReasoningEffort[] = [...upToHigh, 'xhigh', 'max'];
const none: readonly ReasoningEffort[] = [];

const claude = (maxOutputTokens: number, answerEfforts: readonly ReasoningEffort[]): ModelFacts => ({
  maxOutputTokens,
  answerEfforts,
});
const reasons = (maxOutputTokens: number, efforts: readonly ReasoningEffort[]): ModelFacts => ({
  maxOutputTokens,
  efforts,
});
const writes = (maxOutputTokens: number): ModelFacts => ({ maxOutputTokens, efforts: none });

/** The first entry whose pattern matches applies. */
const entries: readonly (readonly [id: RegExp, facts: ModelFacts])[] = [
  [/claude-3-(?:opus|sonnet|haiku)|claude-(?:instant|v?2)/, claude(4_096, none)],
  [/claude-3-5-/, claude(8_192, none)],
  [/claude-3-7-|claude-(?:sonnet|haiku)-4-5|claude-sonnet-4(?![-.][5-9](?!\d))/, claude(64_000, none)],
  [/claude-opus-4-5/, claude(64_000, upToHigh)],
  [/claude-(?:opus|sonnet)-4-6/, claude(128_000, upToMax)],
  [/claude-opus-4(?![-.][5-9](?!\d))/, claude(32_000, none)],
  [/claude-(?:opus-4-[7-9]|(?:opus|sonnet|haiku|fable)-5)/, claude(128_000, all)],

  [/gpt-5(?:\.\d+)?-pro/, reasons(272_000, ['high'])],
  [/gpt-5(?:\.\d+)?-chat/, writes(16_384)],
  [/gpt-5\.1-codex-max|gpt-5\.[2-9]/, reasons(128_000, upToXhigh)],
  [/gpt-5\.1/, reasons(128_000, fromNone)],
  [/gpt-5-codex/, reasons(128_000, upToHigh)],
  [/gpt-5/, reasons(128_000, fromMinimal)],
  [/gpt-oss/, { efforts: upToHigh }],
  [/gpt-4\.1/, writes(32_768)],
  [/gpt-4o-2024-05-13|gpt-4-turbo|gpt-4-(?:1106|0125)/, writes(4_096)],
  [/gpt-4o/, writes(16_384)],
  [/gpt-4(?![\d.o])/, writes(8_192)],
  [/gpt-3\.5|gpt-35/, writes(4_096)],
  [/(?:^|[/.])o1-preview/, writes(32_768)],
  [/(?:^|[/.])o1-mini/, writes(65_536)],
  [/(?:^|[/.])o[134](?:-|$)/, reasons(100_000, upToHigh)],

  [/gemini-2\.5-pro/, { maxOutputTokens: 65_536, budget: { min: 128, max: 32_768 } }],
  [/gemini-2\.5-flash-lite/, { maxOutputTokens: 65_536, budget: { min: 512, max: 24_576 } }],
  [/gemini-2\.5-flash/, { maxOutputTokens: 65_536, budget: { min: 0, max: 24_576 } }],
  [/gemini-[3-9]/, { maxOutputTokens: 65_536 }],
  [/gemini-(?:2\.0|1\.5)/, { maxOutputTokens: 8_192 }],

  [/deepseek-chat$/, { maxOutputTokens: 8_192 }],
  [/deepseek-reasoner$/, { maxOutputTokens: 65_536 }],
  [/command-a/, { maxOutputTokens: 8_192 }],
  [/command-r/, writes(4_096)],
  [/nova-(?:micro|lite|pro|premier)-v1/, { maxOutputTokens: 10_000 }],

  [/(?:^|[/.])(?:(?:meta-)?llama|gemma|mixtral|codestral)|mistral-(?:tiny|7b|nemo)/, { efforts: none }],
];

const noFacts: ModelFacts = {};
const factsById = new Map<string, ModelFacts>();

/** Callers may name any model, so the cache is bounded. */
const maxCachedModels = 500;
const maxCachedLength = 200;

export function factsOfModel(model: string): ModelFacts {
  const cached = factsById.get(model);
  if (cached !== undefined) return cached;
  const lower = model.toLowerCase();
  // Some providers write Claude's versions with a dot.
  const id = lower.includes('claude') ? lower.replaceAll('.', '-') : lower;
  const facts = entries.find(([pattern]) => pattern.test(id))?.[1] ?? noFacts;
  if (model.length > maxCachedLength) return facts;
  if (factsById.size >= maxCachedModels) factsById.clear();
  factsById.set(model, facts);
  return facts;
}

const ranks: readonly ReasoningEffort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** The highest of `efforts` that is not above the requested one, or else the lowest. */
export function nearestEffort(
  requested: ReasoningEffort,
  efforts: readonly ReasoningEffort[],
): ReasoningEffort | undefined {
  const rank = ranks.indexOf(requested);
  const within = efforts.findLast((effort) => ranks.indexOf(effort) <= rank);
  // A requested effort is never replaced by `none`.
  if (within !== undefined && (within !== 'none' || requested === 'none')) return within;
  return efforts.find((effort) => effort !== 'none') ?? efforts[0];
}

/** By the equivalents of Google's compatible endpoint (low 1,024, medium 8,192, high 24,576): the nearest by ratio. */
export function effortOfBudget(budgetTokens: number): ReasoningEffort {
  if (budgetTokens === 0) return 'none';
  if (budgetTokens < 2_897) return 'low';
  return budgetTokens < 14_189 ? 'medium' : 'high';
}
