/**
 * Anthropic's messages: content blocks are started, filled and stopped one after the other; usage at the start and the
 * end.
 */
import { unreachable } from '../../lib/index.ts';
import { argumentsObject } from '../arguments-object.ts';
import type { ErrorAnswer } from '../error-answer.ts';
import type { SettledAnswer } from '../settle-answer.ts';
import { splitText } from '../settle-answer.ts';
import { type Frame, namedFrame, serverSentEvents, type WireForm } from '../wire-form.ts';

export const anthropicMessages: WireForm = {
  streamType: serverSentEvents,

  whole(answer) {
    const content: unknown[] = [];
    if (answer.reasoning !== undefined) content.push(thinking(answer.reasoning, signature));
    if (answer.text !== '') content.push({ type: 'text', text: answer.text });
    for (const call of answer.toolCalls) content.push({ ...toolUse(call), input: argumentsObject(call.arguments) });
    return { ...messageOf(answer), content, ...endOf(answer), ...usageField(answer, answer.usage?.output ?? 0) };
  },

  frames(answer) {
    const frames: Frame[] = [];
    const push = (type: string, fields: Readonly<Record<string, unknown>> = {}, kind: Frame['kind'] = 'delta') =>
      frames.push(namedFrame(kind, { type, ...fields }));
    let index = -1;
    const block = (start: unknown, deltas: readonly unknown[]) => {
      index++;
      push('content_block_start', { index, content_block: start });
      if (index === 0) push('ping');
      for (const delta of deltas) push('content_block_delta', { index, delta });
      push('content_block_stop', { index });
    };

    const begun = { ...messageOf(answer), content: [], stop_reason: null, stop_sequence: null };
    push('message_start', { message: { ...begun, ...usageField(answer, answer.usage === undefined ? 0 : 1) } });
    if (answer.reasoning !== undefined) {
      const deltas = splitText(answer.reasoning).map((piece) => ({ type: 'thinking_delta', thinking: piece }));
      block(thinking('', ''), [...deltas, { type: 'signature_delta', signature }]);
    }
    if (answer.pieces.length > 0) {
      block(
        { type: 'text', text: '' },
        answer.pieces.map((text) => ({ type: 'text_delta', text })),
      );
    }
    for (const call of answer.toolCalls) {
      const deltas = splitText(call.arguments, 3).map((piece) => ({ type: 'input_json_delta', partial_json: piece }));
      block({ ...toolUse(call), input: {} }, deltas);
    }
    // Usage is cumulative here: counts that are sent twice must not be summed.
    const last = { delta: endOf(answer), ...usageField(answer, answer.usage?.output ?? 0) };
    push('message_delta', last, 'finish');
    if (answer.usageTwice) push('message_delta', last, 'finish');
    push('message_stop', {}, 'terminal');
    return frames;
  },

  frame(event) {
    const type = String(event.type);
    const kind = type === 'message_stop' ? 'terminal' : type === 'message_delta' ? 'finish' : 'delta';
    return namedFrame(kind, { ...event, type });
  },

  errorFrames: (error) => [namedFrame('delta', anthropicError(error))],
};

const signature = 'c2NyaXB0ZWQ=';

function thinking(text: string, signed: string) {
  return { type: 'thinking', thinking: text, signature: signed };
}

function toolUse({ id, name }: { readonly id: string; readonly name: string }) {
  return { type: 'tool_use', id, name };
}

function messageOf(answer: SettledAnswer) {
  return { id: `msg_${answer.id}`, type: 'message', role: 'assistant', model: answer.model };
}

function endOf({ finish, refusal }: SettledAnswer) {
  const end = { stop_reason: stopReason(finish), stop_sequence: null };
  if (refusal === undefined) return end;
  return { ...end, stop_details: { type: 'refusal', category: null, explanation: refusal } };
}

function stopReason(finish: SettledAnswer['finish']): string {
  switch (finish) {
    case 'stop':
      return 'end_turn';
    case 'length':
      return 'max_tokens';
    case 'tool_calls':
      return 'tool_use';
    case 'content_filter':
    case 'refusal':
      return 'refusal';
    default:
      return unreachable(finish);
  }
}

/** `input_tokens` excludes cache reads and writes. */
function usageField({ usage }: SettledAnswer, output: number) {
  if (usage === undefined) return {};
  return {
    usage: {
      input_tokens: Math.max(0, usage.input - usage.cached - usage.cacheWrite),
      cache_creation_input_tokens: usage.cacheWrite,
      cache_read_input_tokens: usage.cached,
      cache_creation: {
        ephemeral_5m_input_tokens: usage.cacheWrite - usage.cacheWriteHour,
        ephemeral_1h_input_tokens: usage.cacheWriteHour,
      },
      output_tokens: Math.min(output, usage.output),
      service_tier: 'standard',
    },
  };
}

const byStatus: ReadonlyMap<number, readonly [type: string, message: string]> = new Map([
  [400, ['invalid_request_error', 'The request is not valid.']],
  [401, ['authentication_error', 'invalid x-api-key']],
  [402, ['billing_error', 'There is a problem with your billing.']],
  [403, ['permission_error', 'Your API key does not have permission to use the specified resource.']],
  [404, ['not_found_error', 'model: not found']],
  [408, ['timeout_error', 'Request timed out.']],
  [413, ['request_too_large', 'Request exceeds the maximum size']],
  [429, ['rate_limit_error', 'This request would exceed your rate limit.']],
  [500, ['api_error', 'Internal server error']],
  [503, ['api_error', 'Service unavailable']],
  [504, ['timeout_error', 'Request timed out.']],
  [529, ['overloaded_error', 'Overloaded']],
]);

const byCode: ReadonlyMap<string, readonly [type: string, message: string]> = new Map([
  ['insufficient_quota', ['billing_error', 'Your credit balance is too low to access the Anthropic API.']],
  ['context_length_exceeded', ['invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum']],
  ['content_filter', ['invalid_request_error', 'Output blocked by content filtering policy']],
]);

/** Anthropic has no codes: a scripted code without an equivalent is used as the type. */
export function anthropicError({ status, code, message }: ErrorAnswer) {
  const defaultError = byStatus.get(status) ?? [
    status < 500 ? 'invalid_request_error' : 'api_error',
    `The server answered ${status}.`,
  ];
  const error = code === undefined ? defaultError : (byCode.get(code) ?? [code, defaultError[1]]);
  return { type: 'error', error: { type: error[0], message: message ?? error[1] }, request_id: 'req_scripted' };
}
