/**
 * Normalises a complete answer of the responses wire that is passed through: ids, the status and other fields that
 * OpenAI's client requires are added if missing; everything else is unchanged.
 */
import { newId } from '../../../lib/index.ts';
import type { JsonObject, ModelAnswer, ToolCallPart } from '../../model-call/index.ts';
import { arrayOf, recordOf, textIn } from '../../model-call/index.ts';
import { withAnswersOnly } from './responses-thinking.ts';

/**
 * @param text the body
 * @param body `text`, parsed
 * @param answer the answer read from it
 */
export function normaliseResponse(text: string, body: unknown, answer: ModelAnswer): string {
  const whole = recordOf(body);
  const response = withAnswersOnly(whole);
  if (response === whole) return isWellFormed(response) ? text : JSON.stringify(rewritten(response, answer));
  return JSON.stringify(withThinking(rewritten(response, answer), answer));
}

function isWellFormed({ id, object, created_at, status, output }: JsonObject): boolean {
  if (textIn(id) === undefined || object !== 'response' || typeof created_at !== 'number') return false;
  return textIn(status) !== undefined && arrayOf(output).every(isWellFormedItem);
}

/** Thinking that was extracted from a text, as a reasoning item. */
function withThinking(body: JsonObject, { content }: ModelAnswer): JsonObject {
  const [first] = content;
  if (first?.type !== 'reasoning' || arrayOf(body.output).some((item) => recordOf(item).type === 'reasoning'))
    return body;
  const item = { id: newId('rs_'), type: 'reasoning', summary: [{ type: 'summary_text', text: first.text }] };
  return { ...body, output: [item, ...arrayOf(body.output)] };
}

function isWellFormedItem(value: unknown): boolean {
  const item = recordOf(value);
  if (textIn(item.id) === undefined) return false;
  if (item.type === 'function_call') return textIn(item.call_id) !== undefined && textIn(item.arguments) !== undefined;
  if (item.type !== 'message') return true;
  return item.role === 'assistant' && Array.isArray(item.content) && item.content.every(isWellFormedPart);
}

function isWellFormedPart(value: unknown): boolean {
  const part = recordOf(value);
  return part.type !== 'output_text' || Array.isArray(part.annotations);
}

function rewritten(body: JsonObject, answer: ModelAnswer): JsonObject {
  const calls = answer.content.filter((part) => part.type === 'tool_call');
  return {
    ...body,
    id: textIn(body.id) ?? newId('resp_'),
    object: 'response',
    created_at: typeof body.created_at === 'number' ? body.created_at : Math.floor(Date.now() / 1_000),
    status: textIn(body.status) ?? 'completed',
    output: arrayOf(body.output).map((item) => rewrittenItem(recordOf(item), calls)),
  };
}

/** @param calls the calls read from the answer, in order; the first is removed if the item is a call */
function rewrittenItem(item: JsonObject, calls: ToolCallPart[]): JsonObject {
  switch (item.type) {
    case 'function_call': {
      const call = calls.shift();
      const id = textIn(item.id) ?? newId('fc_');
      return { ...item, id, call_id: call?.id, arguments: call?.arguments, status: item.status ?? 'completed' };
    }
    case 'message': {
      const { content: wireContent } = item;
      const parts =
        typeof wireContent === 'string' ? [{ type: 'output_text', text: wireContent }] : arrayOf(wireContent);
      const content = parts.map((part) => (isWellFormedPart(part) ? part : { ...recordOf(part), annotations: [] }));
      const id = textIn(item.id) ?? newId('msg_');
      return { ...item, id, role: 'assistant', status: item.status ?? 'completed', content };
    }
    default:
      return { ...item, id: textIn(item.id) ?? newId('item_') };
  }
}
