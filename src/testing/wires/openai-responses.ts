/** OpenAI's responses: items, each with its own events, all numbered; the last event has the whole response. */
import type { SettledAnswer, Tokens } from '../settle-answer.ts';
import { splitText } from '../settle-answer.ts';
import { createdAt, type Frame, namedFrame, serverSentEvents, type WireForm } from '../wire-form.ts';
import { openAiError } from './openai-error.ts';

type Item = Readonly<Record<string, unknown>> & { readonly id: string };
type Status = 'in_progress' | 'completed' | 'incomplete' | 'failed';

const lastEvents: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

export const openAiResponses: WireForm = {
  streamType: serverSentEvents,

  whole: (answer) => responseOf(answer, statusOf(answer), outputOf(answer)),

  frames(answer) {
    const frames: Frame[] = [];
    const push = (type: string, fields: object, kind: Frame['kind'] = 'delta') => {
      const event = { type, sequence_number: frames.length, ...fields };
      frames.push(namedFrame(kind, event));
    };

    push('response.created', { response: responseOf(answer, 'in_progress', []) });
    // The second place of a usage that is sent twice.
    const usage = answer.usageTwice && answer.usage !== undefined ? responseUsage(answer.usage) : null;
    push('response.in_progress', { response: { ...responseOf(answer, 'in_progress', []), usage } });
    const output = outputOf(answer);
    for (const [index, item] of output.entries()) pushItem(push, answer, item, index);
    const status = statusOf(answer);
    push(`response.${status}`, { response: responseOf(answer, status, output) }, 'terminal');
    return frames;
  },

  frame(event) {
    const type = String(event.type);
    return namedFrame(lastEvents.has(type) ? 'terminal' : 'delta', { ...event, type });
  },

  errorFrames(error, after) {
    const { code, message, param } = openAiError(error);
    return [namedFrame('delta', { type: 'error', sequence_number: after, code, message, param } as { type: string })];
  },
};

type Push = (type: string, fields: Readonly<Record<string, unknown>>) => void;

/** An item's events: it is added empty, filled, and repeated as a whole. */
function pushItem(push: Push, answer: SettledAnswer, item: Item, index: number): void {
  const at = { item_id: item.id, output_index: index };
  switch (item.type) {
    case 'reasoning': {
      push('response.output_item.added', { output_index: index, item: { ...item, summary: [] } });
      push('response.reasoning_summary_part.added', {
        ...at,
        summary_index: 0,
        part: { type: 'summary_text', text: '' },
      });
      const text = answer.reasoning ?? '';
      for (const delta of splitText(text))
        push('response.reasoning_summary_text.delta', { ...at, summary_index: 0, delta });
      push('response.reasoning_summary_text.done', { ...at, summary_index: 0, text });
      push('response.reasoning_summary_part.done', { ...at, summary_index: 0, part: { type: 'summary_text', text } });
      break;
    }
    case 'function_call': {
      push('response.output_item.added', {
        output_index: index,
        item: { ...item, status: 'in_progress', arguments: '' },
      });
      for (const delta of splitText(String(item.arguments), 3))
        push('response.function_call_arguments.delta', { ...at, delta });
      push('response.function_call_arguments.done', { ...at, name: item.name, arguments: item.arguments });
      break;
    }
    default: {
      push('response.output_item.added', {
        output_index: index,
        item: { ...item, status: 'in_progress', content: [] },
      });
      const part = { ...at, content_index: 0 };
      const { refusal } = answer;
      if (refusal !== undefined) {
        push('response.content_part.added', { ...part, part: { type: 'refusal', refusal: '' } });
        for (const delta of splitText(refusal)) push('response.refusal.delta', { ...part, delta });
        push('response.refusal.done', { ...part, refusal });
      } else {
        push('response.content_part.added', { ...part, part: textPart('') });
        for (const delta of answer.pieces) push('response.output_text.delta', { ...part, delta, logprobs: [] });
        push('response.output_text.done', { ...part, text: answer.text, logprobs: [] });
      }
      push('response.content_part.done', { ...part, part: contentPart(answer) });
    }
  }
  push('response.output_item.done', { output_index: index, item });
}

function outputOf(answer: SettledAnswer): readonly Item[] {
  const output: Item[] = [];
  if (answer.reasoning !== undefined) {
    const summary = [{ type: 'summary_text', text: answer.reasoning }];
    output.push({ id: `rs_${answer.id}`, type: 'reasoning', summary });
  }
  if (answer.text !== '' || answer.refusal !== undefined || answer.toolCalls.length === 0) {
    const status = statusOf(answer);
    output.push({ id: `msg_${answer.id}`, type: 'message', status, role: 'assistant', content: [contentPart(answer)] });
  }
  answer.toolCalls.forEach(({ id, name, arguments: text }, index) => {
    const call = { type: 'function_call', status: 'completed', call_id: id, name, arguments: text };
    output.push({ id: `fc_${answer.id}_${index}`, ...call });
  });
  return output;
}

function contentPart({ text, refusal }: SettledAnswer) {
  return refusal === undefined ? textPart(text) : { type: 'refusal', refusal };
}

function textPart(text: string) {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function statusOf({ finish }: SettledAnswer): 'completed' | 'incomplete' {
  return finish === 'length' || finish === 'content_filter' ? 'incomplete' : 'completed';
}

function responseOf(answer: SettledAnswer, status: Status, output: readonly Item[]) {
  const reason = answer.finish === 'length' ? 'max_output_tokens' : 'content_filter';
  const isOver = status !== 'in_progress';
  return {
    id: `resp_${answer.id}`,
    object: 'response',
    created_at: createdAt,
    status,
    background: false,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason } : null,
    instructions: null,
    max_output_tokens: null,
    model: answer.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: true,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    ...(answer.usage && { usage: isOver ? responseUsage(answer.usage) : null }),
    metadata: {},
  };
}

function responseUsage(tokens: Tokens) {
  return {
    input_tokens: tokens.input,
    input_tokens_details: {
      cached_tokens: tokens.cached,
      cache_write_tokens: tokens.cacheWrite,
    },
    output_tokens: tokens.output,
    output_tokens_details: { reasoning_tokens: tokens.reasoning },
    total_tokens: tokens.input + tokens.output,
  };
}
