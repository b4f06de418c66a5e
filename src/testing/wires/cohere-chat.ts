/** Cohere's chat, version 2: named events; usage in the last, once as tokens and once as what is billed. */
import { unreachable } from '../../lib/index.ts';
import type { SettledAnswer, Tokens } from '../settle-answer.ts';
import { splitText } from '../settle-answer.ts';
import { type Frame, namedFrame, serverSentEvents, type WireForm } from '../wire-form.ts';

export const cohereChat: WireForm = {
  streamType: serverSentEvents,

  whole(answer) {
    const content: unknown[] = [];
    if (answer.reasoning !== undefined) content.push({ type: 'thinking', thinking: answer.reasoning });
    const text = answer.text || (answer.refusal ?? '');
    if (text !== '') content.push({ type: 'text', text });
    const calls = answer.toolCalls.map((call) => toolCall(call, call.arguments));
    return {
      id: answer.id,
      message: { role: 'assistant', content, ...(calls.length > 0 && { tool_calls: calls }) },
      finish_reason: finishReason(answer.finish),
      ...(answer.usage && { usage: usageOf(answer.usage) }),
    };
  },

  frames(answer) {
    const frames: Frame[] = [];
    const push = (type: string, fields: object, kind: Frame['kind'] = 'delta') =>
      frames.push(namedFrame(kind, { type, ...fields }));
    const message = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] };
    push('message-start', { id: answer.id, delta: { message } });
    let index = 0;
    const block = (type: 'thinking' | 'text', pieces: readonly string[]) => {
      if (pieces.length === 0) return;
      push('content-start', { index, delta: { message: { content: { type, [type]: '' } } } });
      for (const piece of pieces) push('content-delta', { index, delta: { message: { content: { [type]: piece } } } });
      push('content-end', { index });
      index++;
    };
    block('thinking', splitText(answer.reasoning ?? ''));
    block('text', answer.pieces.length > 0 ? answer.pieces : splitText(answer.refusal ?? ''));
    answer.toolCalls.forEach((call, at) => {
      push('tool-call-start', { index: at, delta: { message: { tool_calls: toolCall(call, '') } } });
      for (const piece of splitText(call.arguments, 3)) {
        const delta = { message: { tool_calls: { function: { arguments: piece } } } };
        push('tool-call-delta', { index: at, delta });
      }
      push('tool-call-end', { index: at });
    });
    const usage = answer.usage && { usage: usageOf(answer.usage) };
    push('message-end', { id: answer.id, delta: { finish_reason: finishReason(answer.finish), ...usage } }, 'terminal');
    return frames;
  },

  frame(event) {
    const type = String(event.type);
    return namedFrame(type === 'message-end' ? 'terminal' : 'delta', { ...event, type });
  },

  errorFrames: ({ status, message }) => [
    namedFrame('terminal', {
      type: 'message-end',
      delta: { finish_reason: 'ERROR', error: message ?? `The server answered ${status}.` },
    } as { type: string }),
  ],
};

function toolCall({ id, name }: SettledAnswer['toolCalls'][number], text: string) {
  return { id, type: 'function', function: { name, arguments: text } };
}

function finishReason(finish: SettledAnswer['finish']): string {
  switch (finish) {
    case 'stop':
    case 'refusal':
      return 'COMPLETE';
    case 'length':
      return 'MAX_TOKENS';
    case 'tool_calls':
      return 'TOOL_CALL';
    case 'content_filter':
      return 'ERROR_TOXIC';
    default:
      return unreachable(finish);
  }
}

function usageOf(tokens: Tokens) {
  return {
    billed_units: { input_tokens: tokens.input, output_tokens: tokens.output },
    tokens: { input_tokens: tokens.input, output_tokens: tokens.output },
    ...(tokens.cached > 0 && { cached_tokens: tokens.cached }),
  };
}
