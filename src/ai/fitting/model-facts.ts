/**
 * What is known of single models that their wires do not say: how much they can write, which efforts they take. An id is
 * recognised wherever a provider puts it: `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `openai/gpt-4o`. Of a model
 * that is not listed nothing is known, and it is asked as the client says.
 *
 * Sources: the vendors' model pages (OpenAI, Anthropic, Google, DeepSeek, Cohere, Amazon), as of the models named here.
 */
import type { ReasoningEffort } from '../model-call/index.ts';

export interface ModelFacts {
  /** The most it writes in one answer, reasoning included. */
  readonly maxOutputTokens?: number;
  /** The efforts of reasoning it takes, ascending; none: it does not reason. */
  readonly efforts?: readonly ReasoningEffort[];
  /** The values of Anthropic's `output_config.effort` it takes, ascending; none: it takes no such field. */
  readonly answerEfforts?: readonly ReasoningEffort[];
  /** The least and the most tokens of a budget of thinking. */
  readonly budget?: { readonly least: number; readonly most: number };
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

/** The first that fits counts. */
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

  [/gemini-2\.5-pro/, { maxOutputTokens: 65_536, budget: { least: 128, most: 32_768 } }],
  [/gemini-2\.5-flash-lite/, { maxOutputTokens: 65_536, budget: { least: 512, most: 24_576 } }],
  [/gemini-2\.5-flash/, { maxOutputTokens: 65_536, budget: { least: 0, most: 24_576 } }],
  [/gemini-[3-9]/, { maxOutputTokens: 65_536 }],
  [/gemini-(?:2\.0|1\.5)/, { maxOutputTokens: 8_192 }],

  [/deepseek-chat$/, { maxOutputTokens: 8_192 }],
  [/deepseek-reasoner$/, { maxOutputTokens: 65_536 }],
  [/command-a/, { maxOutputTokens: 8_192 }],
  [/command-r/, writes(4_096)],
  [/nova-(?:micro|lite|pro|premier)-v1/, { maxOutputTokens: 10_000 }],

  [/(?:^|[/.])(?:(?:meta-)?llama|gemma|mixtral|codestral)|mistral-(?:tiny|7b|nemo)/, { efforts: none }],
];

const nothing: ModelFacts = {};
const factsById = new Map<string, ModelFacts>();

/** Models that callers name are as many as they like; so many are remembered. */
const mostFound = 500;
const longestFound = 200;

export function factsOfModel(model: string): ModelFacts {
  const before = factsById.get(model);
  if (before !== undefined) return before;
  const lower = model.toLowerCase();
  // Some write Claude's versions with a dot.
  const id = lower.includes('claude') ? lower.replaceAll('.', '-') : lower;
  const facts = entries.find(([pattern]) => pattern.test(id))?.[1] ?? nothing;
  if (model.length > longestFound) return facts;
  if (factsById.size >= mostFound) factsById.clear();
  factsById.set(model, facts);
  return facts;
}

const ranks: readonly ReasoningEffort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** The highest of `efforts` that is no more than what is asked, or else the least there is. */
export function nearestEffort(
  asked: ReasoningEffort,
  efforts: readonly ReasoningEffort[],
): ReasoningEffort | undefined {
  const rank = ranks.indexOf(asked);
  const within = efforts.findLast((effort) => ranks.indexOf(effort) <= rank);
  // Whoever asks for some reasoning does not ask for none.
  if (within !== undefined && (within !== 'none' || asked === 'none')) return within;
  return efforts.find((effort) => effort !== 'none') ?? efforts[0];
}

/** As Google's compatible endpoint equates them (low 1,024, medium 8,192, high 24,576): the nearest by ratio. */
export function effortOfBudget(budgetTokens: number): ReasoningEffort {
  if (budgetTokens === 0) return 'none';
  if (budgetTokens < 2_897) return 'low';
  return budgetTokens < 14_189 ? 'medium' : 'high';
}
