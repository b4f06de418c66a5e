/** Reads a complete answer of an AI SDK package. */
import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import {
  type AnswerPart,
  arrayOf,
  type ModelAnswer,
  type ModelRequest,
  ProviderFailure,
  recordOf,
  textIn,
} from '../../model-call/index.ts';
import { onlyStop } from '../../wires/anthropic-messages/index.ts';
import { jsonTextOf, type OutputReading, reasoningPart, ThinkingTags, toolCallPart } from '../../wires/shared/index.ts';
import type { AiSdkExchange } from './observed-fetch.ts';
import { joinedOpaque } from './opaque-options.ts';
import type { AiSdkDialect } from './package-dialect.ts';
import { requestIdIn } from './read-failure.ts';
import { readFinish } from './read-finish-reason.ts';
import { aiSdkUsage } from './read-usage.ts';

/** The context of a call that its answer is read with. */
export interface AnsweredCall {
  readonly dialect: AiSdkDialect;
  readonly request: ModelRequest;
  readonly reading: OutputReading;
  readonly exchange: AiSdkExchange;
}

/** @throws ProviderFailure, with the usage, if the result is not a valid answer */
export function readAiSdkAnswer(result: LanguageModelV4GenerateResult, call: AnsweredCall): ModelAnswer {
  const { dialect, request, reading, exchange } = call;
  const body = recordOf(result.response?.body);
  const content = contentOf(result, reading);
  const usage = aiSdkUsage(dialect, rawUsage(dialect, result), result.usage, request, writtenText(content));
  const requestId = requestIdIn(exchange.headers) ?? textIn(result.response?.id);
  const blocked = dialect === 'gemini' ? blockReason(body) : undefined;
  if (blocked !== undefined) throw blockedPrompt(blocked, usage, requestId);
  const finish = readFinish(
    dialect,
    result.finishReason,
    content.some(({ type }) => type === 'tool_call'),
  );
  if (finish.kind === 'failed') throw unfinished(finish, usage, requestId);
  const refusal = finish.reason === 'refusal' ? refusalIn(result.providerMetadata) : undefined;
  // Bedrock does not report a model name; its package repeats the requested one.
  const respondedModel = textIn(body.model) ?? textIn(body.modelVersion);
  return {
    content,
    finishReason: finish.reason,
    ...(refusal === undefined ? {} : { refusal }),
    ...onlyStop(result.finishReason.raw, request),
    usage,
    ...(requestId === undefined ? {} : { requestId }),
    ...(respondedModel === undefined ? {} : { respondedModel }),
  };
}

function contentOf({ content }: LanguageModelV4GenerateResult, reading: OutputReading): readonly AnswerPart[] {
  const parts: AnswerPart[] = [];
  const texts: string[] = [];
  let firstText = -1;
  const addText = (text: string) => {
    if (text === '') return;
    if (!reading.isJson) parts.push({ type: 'text', text });
    else {
      if (firstText === -1) firstText = parts.push({ type: 'text', text: '' }) - 1;
      texts.push(text);
    }
  };
  const tags = new ThinkingTags();
  const pieces = {
    text: addText,
    reasoning: (text: string) => {
      const last = parts.at(-1);
      const thought = last?.type === 'reasoning' && last.opaque === undefined ? last.text : undefined;
      if (thought === undefined) parts.push(reasoningPart(text, undefined));
      else parts[parts.length - 1] = reasoningPart(thought + text, undefined);
    },
  };
  for (const part of content) {
    if (part.type === 'text') {
      tags.read(part.text, pieces);
      tags.end(pieces);
    } else if (part.type === 'reasoning') {
      const reasoning = reasoningPart(part.text, joinedOpaque(undefined, part.providerMetadata));
      if (reasoning.text !== '' || reasoning.opaque !== undefined) parts.push(reasoning);
    } else if (part.type === 'tool-call' && part.providerExecuted !== true) {
      if (part.toolName === reading.answerTool) addText(part.input);
      else
        parts.push(
          toolCallPart(part.toolCallId, part.toolName, part.input, joinedOpaque(undefined, part.providerMetadata)),
        );
    }
  }
  if (firstText !== -1) parts[firstText] = { type: 'text', text: jsonTextOf(texts, reading) };
  return parts;
}

/** All text that the model wrote, for estimates. */
export function writtenText(content: readonly AnswerPart[]): string {
  return content.map((part) => (part.type === 'tool_call' ? `${part.name}${part.arguments}` : part.text)).join('');
}

/** The package's own copy of the counts, if it sums several requests (Gemini) or does not expose the body (Bedrock). */
function rawUsage(dialect: AiSdkDialect, { response, usage }: LanguageModelV4GenerateResult): unknown {
  if (dialect === 'gemini' || dialect === 'bedrock') return usage.raw;
  return recordOf(response?.body).usage ?? usage.raw;
}

function blockReason(body: ReturnType<typeof recordOf>): string | undefined {
  if (textIn(recordOf(arrayOf(body.candidates)[0]).finishReason) !== undefined) return undefined;
  const reason = textIn(recordOf(body.promptFeedback).blockReason);
  return reason === undefined || /UNSPECIFIED/.test(reason) ? undefined : reason;
}

export function blockedPrompt(reason: string, usage: ModelAnswer['usage'], requestId: string | undefined) {
  const detail = `the prompt was blocked: ${reason}`;
  return new ProviderFailure({
    kind: 'content_policy',
    detail,
    usage,
    ...(requestId === undefined ? {} : { requestId }),
  });
}

export function unfinished(
  finish: Extract<ReturnType<typeof readFinish>, { kind: 'failed' }>,
  usage: ModelAnswer['usage'],
  requestId: string | undefined,
) {
  const { failure: kind, detail } = finish;
  return new ProviderFailure({ kind, detail, usage, ...(requestId === undefined ? {} : { requestId }) });
}

/** The provider's explanation of a refusal. */
export function refusalIn(providerMetadata: unknown): string | undefined {
  for (const fields of Object.values(recordOf(providerMetadata))) {
    const explanation = textIn(recordOf(recordOf(fields).stopDetails).explanation);
    if (explanation !== undefined) return explanation;
  }
  return undefined;
}
