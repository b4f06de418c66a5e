/** The known events of OpenAI's responses wire; OpenAI's own client fails for any other. */

import type { JsonObject } from '../../model-call/index.ts';

/** Events that carry the whole response. */
export const lifecycleEvents: ReadonlySet<string> = new Set(
  ['created', 'queued', 'in_progress', 'completed', 'incomplete', 'failed'].map((name) => `response.${name}`),
);

/** What a response is by the event that carries it, where it does not say so itself or says that it goes on. */
export function statusOf(type: string, { status }: JsonObject): string {
  if (typeof status === 'string' && status !== 'in_progress' && status !== 'queued') return status;
  const name = type.slice('response.'.length);
  return name === 'created' ? 'in_progress' : name;
}

/** A part of an item: the events of its deltas, and its initial form. */
export interface PartEvents {
  readonly item: 'message' | 'reasoning';
  /** The event's field for the part's index. */
  readonly numbered: 'content_index' | 'summary_index';
  readonly addedEvent: 'response.content_part.added' | 'response.reasoning_summary_part.added';
  /** The initial part, without content. */
  readonly empty: Readonly<Record<string, unknown>>;
}

const text: PartEvents = {
  item: 'message',
  numbered: 'content_index',
  addedEvent: 'response.content_part.added',
  empty: { type: 'output_text', text: '', annotations: [], logprobs: [] },
};
const refusal: PartEvents = { ...text, empty: { type: 'refusal', refusal: '' } };
const reasoning: PartEvents = { ...text, item: 'reasoning', empty: { type: 'reasoning_text', text: '' } };
const summary: PartEvents = {
  item: 'reasoning',
  numbered: 'summary_index',
  addedEvent: 'response.reasoning_summary_part.added',
  empty: { type: 'summary_text', text: '' },
};

export const partEvents: ReadonlyMap<string, PartEvents> = new Map([
  ['response.output_text.delta', text],
  ['response.output_text.done', text],
  ['response.output_text.annotation.added', text],
  ['response.refusal.delta', refusal],
  ['response.refusal.done', refusal],
  ['response.reasoning_text.delta', reasoning],
  ['response.reasoning_text.done', reasoning],
  ['response.reasoning_summary_text.delta', summary],
  ['response.reasoning_summary_text.done', summary],
  ['response.reasoning_summary_part.done', summary],
]);

/** Events of one item, identified by `item_id` and `output_index`: those above, and these. */
const itemEvents: ReadonlySet<string> = new Set([
  'response.content_part.added',
  'response.content_part.done',
  'response.reasoning_summary_part.added',
  ...['function_call_arguments', 'custom_tool_call_input', 'mcp_call_arguments', 'code_interpreter_call_code'].flatMap(
    (name) => [`response.${name}.delta`, `response.${name}.done`],
  ),
  ...['file_search_call', 'web_search_call'].flatMap((name) =>
    ['in_progress', 'searching', 'completed'].map((state) => `response.${name}.${state}`),
  ),
  ...['in_progress', 'interpreting', 'completed'].map((state) => `response.code_interpreter_call.${state}`),
  ...['in_progress', 'generating', 'completed', 'partial_image'].map(
    (state) => `response.image_generation_call.${state}`,
  ),
  ...['mcp_call', 'mcp_list_tools'].flatMap((name) =>
    ['in_progress', 'completed', 'failed'].map((state) => `response.${name}.${state}`),
  ),
]);

export function isItemEvent(type: string): boolean {
  return partEvents.has(type) || itemEvents.has(type);
}
