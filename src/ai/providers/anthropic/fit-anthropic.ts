/**
 * Adapts a request to an Anthropic model before it is written on its wire, by the provider's policy (adaptation.ts):
 * settings that the API would refuse are omitted, changed to the nearest value, or refused by name.
 */
import type { Adaptation, ClaudeFacts } from '../../fitting/index.ts';
import {
  claudeFactsOf,
  factsOfModel,
  limitMarks,
  nearestEffort,
  reportRemoved,
  withinOutputLimit,
  withoutOptional,
} from '../../fitting/index.ts';
import { type ModelRequest, ProviderFailure } from '../../model-call/index.ts';
import type { MessagesSettings } from '../../wires/anthropic-messages/index.ts';
import { thinkingFor } from './thinking.ts';

export type RequestDraft = { -readonly [Name in keyof ModelRequest]: ModelRequest[Name] };

export interface FittedMessages {
  readonly request: ModelRequest;
  readonly settings: MessagesSettings;
}

export function fitForAnthropic(model: string, original: ModelRequest, adaptation: Adaptation): FittedMessages {
  const facts = claudeFactsOf(model);
  reportRemoved(original, adaptation);
  const reduced = withoutOptional(original, adaptation);
  const bounded = adaptation.policy === 'refuse' ? reduced : withinOutputLimit(model, reduced, adaptation);
  const request: RequestDraft = { ...limitMarks(bounded, adaptation) };
  fitEffort(model, request, adaptation);
  fitSettings(request, facts, adaptation);
  const limit = request.maxOutputTokens;
  if (facts.isListed && limit !== undefined && limit > facts.maxOutputTokens) {
    throw refusal('maxOutputTokens', `${model} writes at most ${facts.maxOutputTokens}`);
  }
  const { maxTokens, thinking, effort } = thinkingFor(model, request, facts, adaptation);
  const isThinking = thinking !== undefined && thinking.type !== 'disabled';
  fitSampling(request, facts, isThinking, adaptation);
  fitImages(request, adaptation);
  const forcedTools = facts.forcedTools && thinking?.type !== 'enabled';
  return {
    request,
    settings: { maxTokens, thinking, effort, forcedTools, strictTools: facts.structuredOutput },
  };
}

/** Only some models accept an effort of the whole answer. */
function fitEffort(model: string, request: RequestDraft, adaptation: Adaptation): void {
  const { effort } = request;
  if (effort === undefined) return;
  const { answerEfforts } = factsOfModel(model);
  const nearest = effort === 'none' ? undefined : nearestEffort(effort, answerEfforts ?? [effort]);
  if (nearest === undefined) {
    adaptation.omit('output_config.effort');
    delete request.effort;
    return;
  }
  if (nearest !== effort) adaptation.change('output_config.effort', nearest);
  request.effort = nearest;
}

/** Settings that only influence how an answer is generated, with the client's names of them. */
const clientNames = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  seed: 'seed',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
} as const;
type Setting = keyof typeof clientNames;

/** The value of each setting that equals the default behaviour. */
const neutral: Partial<Readonly<Record<Setting, number>>> = {
  temperature: 1,
  topP: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
};

function fitSettings(request: RequestDraft, { sampling }: ClaudeFacts, adaptation: Adaptation): void {
  for (const setting of ['frequencyPenalty', 'presencePenalty', 'seed'] as const) {
    omit(request, setting, 'the API has no such field', adaptation);
  }
  const { temperature } = request;
  if (temperature !== undefined && (temperature > 1 || temperature < 0)) {
    omit(request, 'temperature', 'it is between 0 and 1', adaptation);
  }
  if (sampling) return;
  for (const setting of ['temperature', 'topK', 'topP'] as const) {
    omit(request, setting, 'the model takes no such setting', adaptation);
  }
}

function fitSampling(
  request: RequestDraft,
  { isClaude }: ClaudeFacts,
  isThinking: boolean,
  adaptation: Adaptation,
): void {
  if (isThinking) {
    for (const setting of ['temperature', 'topK', 'topP'] as const) {
      omit(request, setting, 'not while the model thinks', adaptation);
    }
    return;
  }
  if (!isClaude || request.topP === undefined || request.temperature === undefined) return;
  // The neutral one is omitted.
  const isTemperatureNeutral = request.topP !== neutral.topP && request.temperature === neutral.temperature;
  omit(request, isTemperatureNeutral ? 'temperature' : 'topP', 'not beside temperature', adaptation);
}

function omit(request: RequestDraft, setting: Setting, reason: string, adaptation: Adaptation): void {
  const value = request[setting];
  if (value === undefined) return;
  const isAllowed = adaptation.policy === 'drop' || (adaptation.policy === 'adapt' && value === neutral[setting]);
  if (!isAllowed) throw refusal(setting, reason);
  adaptation.omit(clientNames[setting]);
  delete request[setting];
}

/** The wire has no image detail; `auto` is the default behaviour. */
function fitImages({ messages }: ModelRequest, adaptation: Adaptation): void {
  for (const { content } of messages) {
    if (typeof content === 'string') continue;
    for (const part of content) {
      const media = part.type === 'tool_result' ? part.content : [part];
      const detail = media.find(({ type }) => type === 'image');
      if (detail?.type === 'image' && detail.detail !== undefined && detail.detail !== 'auto') {
        adaptation.omit('detail', 'the detail of images');
      }
    }
  }
}

function refusal(name: string, reason: string): ProviderFailure {
  return new ProviderFailure({ kind: 'unsupported', detail: `${name} (${reason})` });
}
