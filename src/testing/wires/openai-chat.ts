/** OpenAI's chat completions: one `data:` line per chunk, usage in a separate chunk if requested, then `[DONE]`. */
import { unreachable } from '../../lib/index.ts';
import type { ScriptedFinish } from '../scripted-reply.ts';
import type { SettledAnswer, SettledToolCall, Tokens } from '../settle-answer.ts';
import { splitText } from '../settle-answer.ts';
import { createdAt, dataFrame, type Frame, serverSentEvents, type WireForm } from '../wire-form.ts';
import { openAiError } from './openai-error.ts';

const done: Frame = { kind: 'terminal', bytes: 'data: [DONE]\n\n' };

export const openAiChat: WireForm = {
  streamType: serverSentEvents,
  terminal: done,

  whole(answer) {
    return {
      id: `chatcmpl-${answer.id}`,
      object: 'chat.completion',
      created: createdAt,
      model: answer.model,
      choices: [{ index: 0, message: messageOf(answer), logprobs: null, finish_reason: finishReason(answer.finish) }],
      ...(answer.usage && { usage: chatUsage(answer.usage) }),
      service_tier: 'default',
      system_fingerprint: 'fp_scripted',
    };
  },

  frames(answer) {
    // The common part of all chunks is serialised once: a stream of a thousand chunks is mostly this.
    const head = `data: {"id":"chatcmpl-${answer.id}","object":"chat.completion.chunk","created":${createdAt},"model":${JSON.stringify(answer.model)},"service_tier":"default","system_fingerprint":"fp_scripted"`;
    const noUsage = answer.includeUsage && answer.usage !== undefined ? ',"usage":null' : '';
    const tail = `,"logprobs":null,"finish_reason":null}]${noUsage}}\n\n`;
    const frames: Frame[] = [];
    const push = (delta: string) =>
      frames.push({ kind: 'delta', bytes: `${head},"choices":[{"index":0,"delta":${delta}${tail}` });

    push(`{"role":"assistant","content":${answer.pieces.length === 0 ? 'null' : '""'},"refusal":null}`);
    for (const piece of splitText(answer.reasoning ?? '')) push(`{"reasoning_content":${JSON.stringify(piece)}}`);
    for (const piece of answer.pieces) push(`{"content":${JSON.stringify(piece)}}`);
    for (const piece of splitText(answer.refusal ?? '')) push(`{"refusal":${JSON.stringify(piece)}}`);
    answer.toolCalls.forEach((call, index) => {
      push(JSON.stringify({ tool_calls: [{ index, ...toolCall(call, '') }] }));
      for (const piece of splitText(call.arguments, 3)) {
        push(`{"tool_calls":[{"index":${index},"function":{"arguments":${JSON.stringify(piece)}}}]}`);
      }
    });

    const usage = answer.usage && JSON.stringify(chatUsage(answer.usage));
    const early = answer.usageTwice && usage !== undefined ? `,"usage":${usage}` : noUsage;
    const finish = `"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"${finishReason(answer.finish)}"}]`;
    frames.push({ kind: 'finish', bytes: `${head},${finish}${early}}\n\n` });
    if (usage !== undefined && answer.includeUsage) {
      frames.push({ kind: 'finish', bytes: `${head},"choices":[],"usage":${usage}}\n\n` });
    }
    frames.push(done);
    return frames;
  },

  frame(event) {
    const [choice] = Array.isArray(event.choices) ? (event.choices as { finish_reason?: unknown }[]) : [];
    const isFinish = typeof choice?.finish_reason === 'string' || (choice === undefined && Boolean(event.usage));
    return dataFrame(isFinish ? 'finish' : 'delta', event);
  },

  errorFrames: (error) => [dataFrame('delta', { error: openAiError(error) })],
};

function messageOf(answer: SettledAnswer) {
  return {
    role: 'assistant',
    content: answer.text === '' && (answer.toolCalls.length > 0 || answer.refusal !== undefined) ? null : answer.text,
    refusal: answer.refusal ?? null,
    annotations: [],
    ...(answer.reasoning !== undefined && { reasoning_content: answer.reasoning }),
    ...(answer.toolCalls.length > 0 && { tool_calls: answer.toolCalls.map((call) => toolCall(call, call.arguments)) }),
  };
}

function toolCall({ id, name }: SettledToolCall, text: string) {
  return { id, type: 'function', function: { name, arguments: text } };
}

/** OpenAI itself ends a refusal with `stop`; the refusal is in the message. */
function finishReason(finish: ScriptedFinish): string {
  switch (finish) {
    case 'stop':
    case 'refusal':
      return 'stop';
    case 'length':
    case 'tool_calls':
    case 'content_filter':
      return finish;
    default:
      return unreachable(finish);
  }
}

export function chatUsage(tokens: Tokens) {
  return {
    prompt_tokens: tokens.input,
    completion_tokens: tokens.output,
    total_tokens: tokens.input + tokens.output,
    prompt_tokens_details: {
      cached_tokens: tokens.cached,
      audio_tokens: 0,
      ...(tokens.cacheWrite > 0 && { cache_write_tokens: tokens.cacheWrite }),
    },
    completion_tokens_details: {
      reasoning_tokens: tokens.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
