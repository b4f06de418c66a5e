/**
 * What a package would do with a request, known before anything is sent or paid.
 *
 * Packages say what they leave out of a request (`warnings`) only beside the answer, when it has cost money. They build
 * the request before they fetch, though: so a stream is asked for first with a `fetch` that sends nothing and answers
 * with an empty stream, whose first part holds the warnings. One of type `unsupported` refuses the call. The rehearsal
 * also shows the bound that would be sent, because some packages raise it by a thinking budget of their own choice, and
 * a call must not write more than was priced.
 *
 * The verdict depends on settings and on the kinds of parts, not on texts: it is remembered by these. Measured: 0.14 to
 * 0.29 ms for a rehearsal, 0.002 to 0.007 ms for a verdict that is remembered.
 */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Prompt,
  SharedV4Warning,
} from '@ai-sdk/provider';
import { inExchange, rehearsalExchange } from './ai-sdk-fetch.ts';
import type { AiSdkPackageFacts } from './ai-sdk-flavour.ts';
import { leastThinkingTokens, thinkingOptions } from './ai-sdk-request.ts';
import { type CallBounds, type ModelRequest, ProviderFailure } from './model.ts';
import { parseJson, recordOf } from './outside-json.ts';
import { withinBounds } from './within-bounds.ts';

/** What is changed of a request so that its bound holds, or why it is refused. */
type Verdict =
  | { readonly kind: 'as it is' }
  | { readonly kind: 'unsupported'; readonly what: string }
  | { readonly kind: 'thinking'; readonly budgetTokens: number };

/** Verdicts of more different requests than this are found again. */
const mostVerdicts = 500;

export class AiSdkRehearsals {
  readonly #facts: AiSdkPackageFacts;
  readonly #verdicts = new Map<string, Verdict>();

  constructor(facts: AiSdkPackageFacts) {
    this.#facts = facts;
  }

  /**
   * The options as they may be sent. Rejects with a `ProviderFailure` of kind `unsupported`, with the package's own
   * error about the request, or as the bounds say.
   */
  async checked(
    model: LanguageModelV4,
    request: ModelRequest,
    options: LanguageModelV4CallOptions,
    bounds: CallBounds,
  ): Promise<LanguageModelV4CallOptions> {
    const key = `${model.modelId}\n${shapeOf(options)}`;
    let verdict = this.#verdicts.get(key);
    if (verdict === undefined) {
      verdict = await withinBounds(bounds, () => this.#judge(model, request, options));
      if (this.#verdicts.size >= mostVerdicts) {
        const [oldest] = this.#verdicts.keys();
        if (oldest !== undefined) this.#verdicts.delete(oldest);
      }
      this.#verdicts.set(key, verdict);
    }
    switch (verdict.kind) {
      case 'as it is':
        return options;
      case 'unsupported':
        throw new ProviderFailure({ kind: 'unsupported', detail: verdict.what });
      case 'thinking':
        return this.#withBudget(model, request, options, verdict.budgetTokens);
      default:
        return verdict satisfies never;
    }
  }

  async #judge(model: LanguageModelV4, request: ModelRequest, options: LanguageModelV4CallOptions): Promise<Verdict> {
    const first = await rehearse(model, options);
    const what = refused(first.warnings, request);
    if (what !== undefined) return { kind: 'unsupported', what };
    const { maxOutputTokens: bound } = request;
    const sent = sentBound(first.body);
    if (bound === undefined || sent.bound <= bound) return { kind: 'as it is' };
    // The same share of the answer as the package would have given to thinking.
    const share = Math.floor((sent.budget * bound) / sent.bound);
    const budgetTokens = Math.max(leastThinkingTokens, share);
    if (sent.budget === 0 || budgetTokens >= bound) {
      return { kind: 'unsupported', what: `reasoning.effort within maxOutputTokens ${bound}` };
    }
    const second = await rehearse(model, this.#withBudget(model, request, options, budgetTokens));
    const still = refused(second.warnings, request);
    if (still !== undefined) return { kind: 'unsupported', what: still };
    return { kind: 'thinking', budgetTokens };
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

interface Rehearsed {
  readonly warnings: readonly SharedV4Warning[];
  readonly body: unknown;
}

async function rehearse(model: LanguageModelV4, options: LanguageModelV4CallOptions): Promise<Rehearsed> {
  const exchange = rehearsalExchange();
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

/** What the package would leave out, in its words. */
export function refused(warnings: readonly SharedV4Warning[], request: ModelRequest): string | undefined {
  const told: string[] = [];
  for (const warning of warnings) {
    if (warning.type === 'compatibility') {
      // Other efforts are moved to the nearest; none at all is a promise about money.
      if (warning.feature !== 'reasoning' || request.reasoning?.effort !== 'none') continue;
    } else if (warning.type !== 'unsupported' || warning.feature.endsWith('.structuredOutputMode')) {
      continue;
    }
    told.push(warning.details === undefined ? warning.feature : `${warning.feature} (${warning.details})`);
  }
  return told.length === 0 ? undefined : told.join(', ');
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
