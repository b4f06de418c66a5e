/**
 * What a package would do with a request, known before anything is sent or paid.
 *
 * Packages say what they leave out of a request (`warnings`) only beside the answer, when it has cost money. They build
 * the request before they fetch, though: so a stream is asked for first with a `fetch` that sends nothing and answers
 * with an empty stream, whose first part holds the warnings. One of type `unsupported` refuses the call. The dry run
 * also shows the bound that would be sent, because some packages raise it by a thinking budget of their own choice, and
 * a call must not write more than was priced.
 *
 * The verdict depends on settings and on the kinds of parts, not on texts: it is cached by these. Measured: 0.14 to
 * 0.29 ms for a dry run, 0.002 to 0.007 ms for a cached verdict.
 */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Prompt,
  SharedV4Warning,
} from '@ai-sdk/provider';
import type { Adaptation } from '../../fitting/index.ts';
import {
  type CallBounds,
  type ModelRequest,
  ProviderFailure,
  parseJson,
  recordOf,
  withinBounds,
} from '../../model-call/index.ts';
import { judgeWarnings } from './judge-warnings.ts';
import { dryRunExchange, inExchange } from './observed-fetch.ts';
import type { AiSdkPackageFacts } from './package-dialect.ts';
import { leastThinkingTokens, thinkingOptions } from './write-call-options.ts';

/** How a request is sent so that its bound holds and nothing is lost unsaid, or why it is refused. */
type Verdict = { readonly kind: 'unsupported'; readonly what: string } | Fitting;

interface Fitting {
  readonly kind: 'fits';
  /** Settings that are left out. */
  readonly without: readonly (keyof LanguageModelV4CallOptions)[];
  /** Features that the package may change. */
  readonly accepted: ReadonlySet<string>;
  /** The changes that are reported to the client. */
  readonly reported: readonly string[];
  /** The budget of thinking, instead of one of the package's choice. */
  readonly budgetTokens: number | undefined;
}

export interface CheckedRequest {
  readonly options: LanguageModelV4CallOptions;
  readonly accepted: ReadonlySet<string>;
}

/** A remedy may bring up another warning; more rounds than this none needs. */
const mostRounds = 4;

/** Verdicts of more different requests than this are found again. */
const mostVerdicts = 500;

export class AiSdkDryRuns {
  readonly #facts: AiSdkPackageFacts;
  readonly #verdicts = new Map<string, Verdict>();

  constructor(facts: AiSdkPackageFacts) {
    this.#facts = facts;
  }

  /**
   * The options as they may be sent; changes that the policy allows are reported. Rejects with a `ProviderFailure` of
   * kind `unsupported`, with the package's own error about the request, or as the bounds say.
   */
  async checked(
    model: LanguageModelV4,
    request: ModelRequest,
    options: LanguageModelV4CallOptions,
    bounds: CallBounds,
    adaptation: Adaptation,
  ): Promise<CheckedRequest> {
    const key = `${model.modelId}\n${shapeOf(options)}`;
    let verdict = this.#verdicts.get(key);
    if (verdict === undefined) {
      verdict = await withinBounds(bounds, () => this.#judge(model, request, options, adaptation));
      if (this.#verdicts.size >= mostVerdicts) {
        const [oldest] = this.#verdicts.keys();
        if (oldest !== undefined) this.#verdicts.delete(oldest);
      }
      this.#verdicts.set(key, verdict);
    }
    if (verdict.kind === 'unsupported') throw new ProviderFailure({ kind: 'unsupported', detail: verdict.what });
    adaptation.tell(verdict.reported);
    return { options: this.#fitted(model, request, options, verdict), accepted: verdict.accepted };
  }

  async #judge(
    model: LanguageModelV4,
    request: ModelRequest,
    options: LanguageModelV4CallOptions,
    { policy }: Adaptation,
  ): Promise<Verdict> {
    const { maxOutputTokens: bound } = request;
    let fitting: Fitting = { kind: 'fits', without: [], accepted: new Set(), reported: [], budgetTokens: undefined };
    for (let round = 0; round < mostRounds; round++) {
      const tried = this.#fitted(model, request, options, fitting);
      const { warnings, body } = await dryRun(model, tried);
      const bodyBound = sentBound(body);
      const isOwnChoice = bodyBound.budget > 0 && tried.reasoning !== undefined;
      // What a package says of a bound that its own choice of a budget broke is fixed below.
      const relevant = isOwnChoice ? warnings.filter((warning) => !isAboutBound(warning)) : warnings;
      const judged = judgeWarnings(relevant, tried, request, policy);
      if (judged.refused.length > 0) return { kind: 'unsupported', what: judged.refused.join(', ') };
      fitting = {
        ...fitting,
        without: [...fitting.without, ...judged.without],
        accepted: new Set([...fitting.accepted, ...judged.accepted]),
        reported: [...fitting.reported, ...judged.reported],
      };
      if (judged.without.length > 0) continue;
      const isBroken = bound !== undefined && (bodyBound.bound > bound || relevant.length < warnings.length);
      if (!isBroken) return fitting;
      // The same share of the answer as the package would have given to thinking.
      const share = Math.floor((bodyBound.budget * bound) / bodyBound.bound);
      const budgetTokens = Math.max(leastThinkingTokens, share);
      if (bodyBound.budget > 0 && budgetTokens < bound) {
        fitting = { ...fitting, budgetTokens };
      } else if (policy !== 'refuse' && tried.reasoning !== undefined) {
        fitting = {
          ...fitting,
          without: [...fitting.without, 'reasoning'],
          reported: [...fitting.reported, 'reasoning_effort'],
        };
      } else {
        return { kind: 'unsupported', what: `reasoning.effort within maxOutputTokens ${bound}` };
      }
    }
    return { kind: 'unsupported', what: 'what the package would make of the request' };
  }

  #fitted(
    model: LanguageModelV4,
    request: ModelRequest,
    requested: LanguageModelV4CallOptions,
    { without, budgetTokens }: Fitting,
  ): LanguageModelV4CallOptions {
    const options = budgetTokens === undefined ? requested : this.#withBudget(model, request, requested, budgetTokens);
    if (without.length === 0) return options;
    const fitted = { ...options };
    for (const setting of without) delete fitted[setting as 'seed'];
    return fitted;
  }

  #withBudget(
    model: LanguageModelV4,
    request: ModelRequest,
    { reasoning: _, ...options }: LanguageModelV4CallOptions,
    budgetTokens: number,
  ): LanguageModelV4CallOptions {
    const thinking = thinkingOptions(model.modelId, { ...request, reasoning: { budgetTokens } }, this.#facts);
    const providerOptions = { ...options.providerOptions };
    for (const [namespace, fields] of Object.entries(thinking.options)) {
      providerOptions[namespace] = { ...providerOptions[namespace], ...fields };
    }
    return {
      ...options,
      ...(thinking.maxOutputTokens === undefined ? {} : { maxOutputTokens: thinking.maxOutputTokens }),
      providerOptions,
    };
  }
}

interface DryRun {
  readonly warnings: readonly SharedV4Warning[];
  readonly body: unknown;
}

async function dryRun(model: LanguageModelV4, options: LanguageModelV4CallOptions): Promise<DryRun> {
  const exchange = dryRunExchange();
  let warnings: readonly SharedV4Warning[] = [];
  try {
    const { stream } = await inExchange(exchange, () => model.doStream(options));
    const reader = stream.getReader();
    const { value } = await reader.read();
    if (value?.type === 'stream-start') warnings = value.warnings;
    reader.cancel().catch(() => {});
  } catch (error) {
    // Before the fetch it is about the request; after it, about the empty answer.
    if (exchange.state === 'unsent') throw error;
  }
  if (exchange.state === 'unsent') {
    throw new ProviderFailure({ kind: 'unsupported', detail: 'the package does not use the fetch it is given' });
  }
  return { warnings, body: parseJson(exchange.body ?? '') };
}

function isAboutBound(warning: SharedV4Warning): boolean {
  return warning.type === 'unsupported' && warning.feature === 'maxOutputTokens';
}

/** What the package leaves out all the same, in its words. */
export function refused(
  warnings: readonly SharedV4Warning[],
  request: ModelRequest,
  accepted: ReadonlySet<string>,
): string | undefined {
  const unaccepted = warnings.filter((warning) => !('feature' in warning && accepted.has(warning.feature)));
  if (unaccepted.length === 0) return undefined;
  const refusals = judgeWarnings(unaccepted, { prompt: [] }, request, 'refuse').refused;
  return refusals.length === 0 ? undefined : refusals.join(', ');
}

/** The bound of the answer and the budget of thinking within it, as Anthropic's, Bedrock's and Gemini's bodies say them. */
function sentBound(body: unknown): { readonly bound: number; readonly budget: number } {
  const { max_tokens, inferenceConfig, generationConfig, thinking, additionalModelRequestFields } = recordOf(body);
  const bound = max_tokens ?? recordOf(inferenceConfig).maxTokens ?? recordOf(generationConfig).maxOutputTokens;
  const { budget_tokens: budget } = recordOf(thinking ?? recordOf(additionalModelRequestFields).thinking);
  return { bound: typeof bound === 'number' ? bound : 0, budget: typeof budget === 'number' ? budget : 0 };
}

/** Everything a verdict depends on. */
function shapeOf({ prompt, ...settings }: LanguageModelV4CallOptions): string {
  return `${promptShape(prompt)}\n${JSON.stringify(settings)}`;
}

function promptShape(prompt: LanguageModelV4Prompt): string {
  let shape = '';
  for (const message of prompt) {
    shape += `|${message.role}`;
    if (message.role === 'system') continue;
    let last = '';
    for (const part of message.content) {
      let kind: string = part.type;
      if (part.type === 'file') kind += `:${part.mediaType}:${part.data.type}`;
      if (part.type === 'tool-result') kind += `:${part.output.type}`;
      if ('providerOptions' in part) kind += `:${Object.keys(part.providerOptions ?? {}).join()}`;
      // Many of a kind are as one.
      if (kind !== last) shape += `,${kind}`;
      last = kind;
    }
  }
  return shape;
}
