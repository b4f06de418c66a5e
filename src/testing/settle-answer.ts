/** Fills in the defaults of a scripted answer, equally for every wire. */
import type { AnswerRequirements } from './answer-requirements.ts';
import type { Faults } from './faults.ts';
import { fitSchema } from './fit-schema.ts';
import type { ScriptedAnswer, ScriptedFinish, ScriptedToolCall } from './scripted-reply.ts';

export interface SettledToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, or the test's replacement for it. */
  readonly arguments: string;
}

export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly cacheWrite: number;
  readonly cacheWriteHour: number;
  readonly reasoning: number;
}

export interface SettledAnswer {
  readonly id: string;
  readonly model: string;
  readonly text: string;
  /** The text, split for a stream. */
  readonly pieces: readonly string[];
  readonly reasoning: string | undefined;
  readonly refusal: string | undefined;
  readonly toolCalls: readonly SettledToolCall[];
  readonly finish: ScriptedFinish;
  /** `undefined`: the provider reports none. */
  readonly usage: Tokens | undefined;
  readonly includeUsage: boolean;
  readonly usageTwice: boolean;
}

export const defaultText = 'This is a scripted answer, the same each time.';

export function settleAnswer(
  answer: ScriptedAnswer,
  requirements: AnswerRequirements,
  faults: Faults,
  request: { readonly number: number; readonly bodyLength: number },
): SettledAnswer {
  const content = contentOf(answer, requirements);
  const toolCalls = content.toolCalls.map(settleToolCall);
  return {
    id: `scripted-${request.number}`,
    model: answer.model ?? requirements.model,
    text: content.text,
    pieces: typeof answer.chunks === 'object' ? answer.chunks : splitText(content.text, answer.chunks),
    reasoning: answer.reasoning,
    refusal: answer.refusal,
    toolCalls,
    finish: answer.finishReason ?? finishOf(toolCalls, answer.refusal),
    usage: usageOf(answer, faults, request.bodyLength, content.text, toolCalls),
    includeUsage: requirements.includeUsage || faults.usage === 'twice',
    usageTwice: faults.usage === 'twice',
  };
}

interface Content {
  readonly text: string;
  readonly toolCalls: readonly ScriptedToolCall[];
}

function contentOf(
  { text, json, toolCalls = [], refusal, chunks }: ScriptedAnswer,
  requirements: AnswerRequirements,
): Content {
  if (json !== undefined) {
    if (requirements.tool === undefined) return { text: JSON.stringify(json), toolCalls };
    return { text: text ?? '', toolCalls: [...toolCalls, { name: requirements.tool.name, arguments: json }] };
  }
  if (text !== undefined) return { text, toolCalls };
  if (typeof chunks === 'object') return { text: chunks.join(''), toolCalls };
  if (toolCalls.length > 0 || refusal !== undefined) return { text: '', toolCalls };
  if (requirements.tool !== undefined) {
    return {
      text: '',
      toolCalls: [{ name: requirements.tool.name, arguments: fitSchema(requirements.tool.parameters) ?? {} }],
    };
  }
  if (requirements.schema === undefined) return { text: defaultText, toolCalls };
  return { text: JSON.stringify(requirements.schema === 'any' ? {} : fitSchema(requirements.schema)), toolCalls };
}

function settleToolCall(call: ScriptedToolCall, index: number): SettledToolCall {
  const { arguments: scripted = {} } = call;
  return {
    id: call.id ?? `call_${index}`,
    name: call.name,
    arguments: typeof scripted === 'string' ? scripted : JSON.stringify(scripted),
  };
}

function finishOf(toolCalls: readonly unknown[], refusal: string | undefined): ScriptedFinish {
  if (toolCalls.length > 0) return 'tool_calls';
  return refusal === undefined ? 'stop' : 'refusal';
}

const noTokens: Tokens = { input: 0, output: 0, cached: 0, cacheWrite: 0, cacheWriteHour: 0, reasoning: 0 };

function usageOf(
  { usage, reasoning = '', refusal = '' }: ScriptedAnswer,
  faults: Faults,
  bodyLength: number,
  text: string,
  toolCalls: readonly SettledToolCall[],
): Tokens | undefined {
  if (faults.usage === 'absent') return undefined;
  if (faults.usage === 'zero') return noTokens;
  if (usage !== undefined) {
    return {
      input: usage.inputTokens,
      output: usage.outputTokens,
      cached: usage.cachedInputTokens ?? 0,
      cacheWrite: usage.cacheWriteTokens ?? 0,
      cacheWriteHour: usage.cacheWriteHourTokens ?? 0,
      reasoning: usage.reasoningTokens ?? 0,
    };
  }
  let characters = text.length + reasoning.length + refusal.length;
  for (const call of toolCalls) characters += call.name.length + call.arguments.length;
  return {
    ...noTokens,
    input: Math.ceil(bodyLength / 4),
    output: Math.ceil(characters / 4),
    reasoning: Math.ceil(reasoning.length / 4),
  };
}

/** Splits a text into `count` pieces of about equal length, or into words. No character is split. */
export function splitText(text: string, count?: number): readonly string[] {
  if (text === '') return [];
  if (count === undefined) return text.match(/^\s+|\S+\s*/g) ?? [text];
  const pieces: string[] = [];
  let from = 0;
  for (let piece = 1; piece <= count; piece++) {
    let to = Math.round((text.length * piece) / count);
    const last = text.charCodeAt(to - 1);
    if (last >= 0xd800 && last <= 0xdbff) to++;
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}
