/**
 * Converts a request to the AI SDK's form (LanguageModelV4CallOptions). Features that a package supports only through
 * its own options are written under its namespace; features that it does not support are failures of kind `unsupported`
 * with their name. The model's name, the host and the key are not part of it.
 */
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import { unreachable } from '../../../lib/index.ts';
import { Adaptation } from '../../fitting/index.ts';
import {
  type Message,
  type ModelRequest,
  type ProviderCall,
  ProviderFailure,
  type ToolDefinition,
} from '../../model-call/index.ts';
import {
  lostFields,
  type OutputReading,
  withCallIds,
  withInstruction,
  withLateSystemAsUser,
  withMediaAfterResults,
} from '../../wires/shared/index.ts';
import { markOptions, withMark } from './cache-mark-options.ts';
import { callIdFormOf } from './call-id-form.ts';
import { fitForAiSdk, isAnthropicModel } from './fit-ai-sdk.ts';
import { requestJsonOutput, toolChoiceWith } from './json-output.ts';
import type { AiSdkPackageFacts } from './package-dialect.ts';
import { aiSdkPrompt, type SupportedUrls } from './write-prompt.ts';

export interface AiSdkRequest {
  readonly options: LanguageModelV4CallOptions;
  readonly reading: OutputReading;
  /** The request after adaptation. */
  readonly request: ModelRequest;
}

/** The minimum thinking budget of Anthropic's models. */
export const minThinkingTokens = 1_024;

export function aiSdkRequest(
  model: string,
  original: ModelRequest,
  structured: ProviderCall['structured'],
  facts: AiSdkPackageFacts,
  supportedUrls: SupportedUrls,
  adaptation = new Adaptation('refuse'),
): AiSdkRequest {
  const lost = original.wire === undefined ? [] : lostFields(original.wire);
  if (lost.length > 0) throw unsupported(lost.join(', '));
  const request = fitForAiSdk(model, original, facts, adaptation);
  const wording = requestJsonOutput(request, structured, facts);
  const { answerTool, words, reading } = wording;
  const conversation = conversationFor(request, facts);
  const messages = words === undefined ? conversation : withInstruction(conversation, words);
  const tools = toolsOf(request.tools ?? [], facts, adaptation);
  const hasTools = tools.length > 0;
  if (answerTool !== undefined) tools.push(answerTool);
  const toolChoice = toolChoiceWith(answerTool?.name, request.toolChoice, hasTools);
  const effort = request.reasoning?.effort;
  const thinking = thinkingOptions(model, request, facts);
  if (request.user !== undefined) adaptation.omit('user');
  return {
    reading,
    request,
    options: {
      prompt: aiSdkPrompt(messages, facts, supportedUrls, adaptation),
      ...settingsOf(request),
      ...(thinking.maxOutputTokens === undefined ? {} : { maxOutputTokens: thinking.maxOutputTokens }),
      ...(wording.responseFormat === undefined ? {} : { responseFormat: wording.responseFormat }),
      ...(tools.length === 0 ? {} : { tools }),
      ...(tools.length === 0 || toolChoice === undefined ? {} : { toolChoice }),
      ...(effort === undefined ? {} : { reasoning: effort }),
      providerOptions: merged([
        thinking.options,
        effortOptions(request, facts),
        markOptions(request.cache, facts) ?? {},
        parallelOptions(model, request.parallelToolCalls, hasTools, facts, adaptation),
      ]),
    },
  };
}

/** The conversation in the form that the package and its provider support. */
function conversationFor(request: ModelRequest, facts: AiSdkPackageFacts): readonly Message[] {
  const { messages } = withCallIds(request, callIdFormOf(facts.dialect));
  // An error result is only text in the package's form.
  const moved = withMediaAfterResults(messages, ({ isError }) => isError === true || !facts.mediaInToolResults);
  return facts.systemAnywhere ? moved : withLateSystemAsUser(moved);
}

function settingsOf(request: ModelRequest): Partial<LanguageModelV4CallOptions> {
  const { temperature, topP, topK, frequencyPenalty, presencePenalty, seed, stop } = request;
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(frequencyPenalty === undefined ? {} : { frequencyPenalty }),
    ...(presencePenalty === undefined ? {} : { presencePenalty }),
    ...(seed === undefined ? {} : { seed }),
    ...(stop === undefined || stop.length === 0 ? {} : { stopSequences: [...stop] }),
  };
}

function toolsOf(
  tools: readonly ToolDefinition[],
  facts: AiSdkPackageFacts,
  adaptation: Adaptation,
): LanguageModelV4FunctionTool[] {
  return tools.map(({ name, description, parameters, strict, cache }) => {
    if (strict === true && !facts.strictTools) adaptation.omit('tools.strict', 'strict tools');
    const tool: LanguageModelV4FunctionTool = {
      type: 'function',
      name,
      inputSchema: { ...parameters },
      ...(description === undefined ? {} : { description }),
      ...(strict === undefined || !facts.strictTools ? {} : { strict }),
    };
    return withMark(tool, cache, facts);
  });
}

interface ThinkingOptions {
  readonly options: SharedV4ProviderOptions;
  readonly maxOutputTokens: number | undefined;
}

/**
 * The thinking budget, which each package takes in its own way. Bedrock's package adds it to the output bound; here the
 * bound includes it, and was priced, so the difference is passed on.
 */
export function thinkingOptions(model: string, request: ModelRequest, facts: AiSdkPackageFacts): ThinkingOptions {
  const { maxOutputTokens } = request;
  const { budgetTokens: budget, effort } = request.reasoning ?? {};
  const { namespace } = facts;
  if (budget === undefined) return { options: {}, maxOutputTokens };
  if (effort !== undefined) throw unsupported('reasoning.effort together with reasoning.budgetTokens');
  switch (facts.dialect) {
    case 'bedrock':
      if (!isAnthropicModel(model)) throw unsupported('reasoning.budgetTokens');
      if (budget === 0) return { options: { [namespace]: { reasoningConfig: { type: 'disabled' } } }, maxOutputTokens };
      return {
        options: {
          [namespace]: { reasoningConfig: { type: 'enabled', budgetTokens: budget, ...bedrockEffort(request) } },
        },
        maxOutputTokens: remainderOf(maxOutputTokens, budget),
      };
    case 'gemini':
      return { options: { [namespace]: { thinkingConfig: { thinkingBudget: budget } } }, maxOutputTokens };
    case 'cohere': {
      const thinking = budget === 0 ? { type: 'disabled' } : { type: 'enabled', tokenBudget: budget };
      return { options: { [namespace]: { thinking } }, maxOutputTokens };
    }
    case 'mistral':
    case 'other':
      throw unsupported('reasoning.budgetTokens');
    default:
      return unreachable(facts.dialect);
  }
}

/** An effort of the whole answer; it does not enable thinking. */
function effortOptions(request: ModelRequest, { dialect, namespace }: AiSdkPackageFacts): SharedV4ProviderOptions {
  const { effort, reasoning } = request;
  if (effort === undefined) return {};
  // With a budget, both are in one option.
  if (dialect !== 'bedrock' || (reasoning?.budgetTokens ?? 0) > 0) return {};
  return { [namespace]: { reasoningConfig: bedrockEffort(request) } };
}

function bedrockEffort({ effort }: ModelRequest): { readonly maxReasoningEffort?: string } {
  return effort === undefined ? {} : { maxReasoningEffort: effort };
}

function remainderOf(maxOutputTokens: number | undefined, budget: number): number | undefined {
  if (maxOutputTokens === undefined) return undefined;
  if (maxOutputTokens > budget) return maxOutputTokens - budget;
  throw unsupported(`maxOutputTokens ${maxOutputTokens} with a reasoning budget of ${budget} tokens within it`);
}

function parallelOptions(
  model: string,
  parallel: boolean | undefined,
  hasTools: boolean,
  facts: AiSdkPackageFacts,
  adaptation: Adaptation,
): SharedV4ProviderOptions {
  // Parallel calls are every provider's default.
  if (parallel === undefined || !hasTools) return {};
  switch (facts.dialect) {
    case 'bedrock':
      if (isAnthropicModel(model)) return { anthropic: { disableParallelToolUse: !parallel } };
      break;
    case 'mistral':
      return { mistral: { parallelToolCalls: parallel } };
    case 'gemini':
    case 'cohere':
    case 'other':
      break;
    default:
      unreachable(facts.dialect);
  }
  // A client that runs several calls one after the other has the requested behaviour.
  if (!parallel) adaptation.omit('parallel_tool_calls', 'parallelToolCalls: false');
  return {};
}

function merged(all: readonly SharedV4ProviderOptions[]): SharedV4ProviderOptions {
  const options: SharedV4ProviderOptions = {};
  for (const part of all) {
    for (const [namespace, fields] of Object.entries(part)) options[namespace] = { ...options[namespace], ...fields };
  }
  return options;
}

function unsupported(what: string): ProviderFailure {
  return new ProviderFailure({ kind: 'unsupported', detail: what });
}
