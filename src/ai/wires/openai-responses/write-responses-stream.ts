/**
 * Writes a stream in OpenAI's responses wire: created, in_progress, then each output item: added, its deltas, done;
 * then completed or incomplete with the whole response. Every event is numbered. A failure is `response.failed`.
 */

import type { GatewayError } from '../../../errors/index.ts';
import { newId, unreachable } from '../../../lib/index.ts';
import type { AnswerPart, Completion, JsonObject, StreamDelta } from '../../model-call/index.ts';
import {
  type AgentTool,
  type AgentTools,
  agentToolsOf,
  customInput,
  eventText,
  type Fields,
  isFields,
  openAiError,
  type StreamForm,
} from '../shared/index.ts';
import {
  functionCallItem,
  messageItem,
  type OutputItem,
  outputText,
  ResponseFrame,
  reasoningItem,
} from './write-response.ts';

type ItemKind = 'text' | 'refusal' | 'reasoning' | 'tool_call';

interface Item {
  readonly kind: ItemKind;
  readonly id: string;
  /** Its index in the output. */
  readonly place: number;
  readonly callId: string;
  readonly name: string;
  /** The client's description of the called tool, if it has another form. */
  readonly tool: AgentTool | undefined;
  /** Its content so far. */
  text: string;
  opaque: JsonObject | undefined;
  done: boolean;
}

/** A separate part for the text of a refusal, after all others. */
const refusalIndex = Number.MAX_SAFE_INTEGER;

export class ResponsesStream implements StreamForm {
  readonly heartbeat = ': waiting\n\n';
  readonly #frame: ResponseFrame;
  readonly #items = new Map<number, Item>();
  readonly #output: OutputItem[] = [];
  readonly #tools: AgentTools;
  #sequence = 0;
  #began = false;
  /** Whether the events of a provider of the same wire are passed through. */
  #passing = false;
  #terminated = false;

  constructor(alias: string, body: Fields) {
    this.#frame = new ResponseFrame(alias, body);
    this.#tools = agentToolsOf(body);
  }

  delta(part: StreamDelta): string {
    if (part.wire !== undefined) return this.#pass(part.wire);
    if (this.#passing) return ''; // its event has been passed through
    switch (part.type) {
      case 'text_delta':
        return part.text === '' ? '' : this.#write(part.index, 'text', part.text);
      case 'refusal_delta':
        return this.#write(refusalIndex, 'refusal', part.text);
      case 'reasoning_delta': {
        const begun = this.#item(part.index, 'reasoning', '', '');
        if (part.opaque !== undefined) begun.item.opaque = { ...begun.item.opaque, ...part.opaque };
        return part.text === '' ? begun.text : begun.text + this.#piece(begun.item, part.text);
      }
      case 'tool_call_start':
        return this.#item(part.index, 'tool_call', part.id, part.name).text;
      case 'tool_call_delta':
        return this.#write(part.index, 'tool_call', part.arguments);
      case 'citation_delta':
      case 'other':
        return '';
      default:
        return unreachable(part);
    }
  }

  end(answer: Completion, note: string): string {
    if (this.#terminated) return note;
    let text = '';
    if (!this.#passing) {
      if (this.#items.size === 0) text += this.#whole(answer.content);
      if (answer.refusal !== undefined && !this.#items.has(refusalIndex)) {
        text += this.#write(refusalIndex, 'refusal', answer.refusal);
      }
      text += this.#begin();
      this.#takeOpaque(answer.content);
      for (const item of this.#items.values()) text += this.#finish(item);
    }
    const response = this.#frame.ended(answer, this.#output);
    return `${text}${note}${this.#event(`response.${String(response.status)}`, { response })}`;
  }

  failed(error: GatewayError): string {
    // The provider's own stream has another response id, so only the bare error event is correct.
    if (this.#passing) {
      const { message, param, code } = openAiError(error);
      return this.#event('error', { code, message, param });
    }
    return this.#begin() + this.#event('response.failed', { response: this.#frame.failed(error, this.#output) });
  }

  #event(type: string, fields: Readonly<Record<string, unknown>>): string {
    return eventText(JSON.stringify({ type, ...fields, sequence_number: this.#sequence++ }), type);
  }

  #begin(): string {
    if (this.#began) return '';
    this.#began = true;
    const response = this.#frame.started();
    return this.#event('response.created', { response }) + this.#event('response.in_progress', { response });
  }

  #write(index: number, kind: ItemKind, piece: string): string {
    const { item, text } = this.#item(index, kind, '', '');
    return text + this.#piece(item, piece);
  }

  /** The item of a part, added if it does not exist; the previous item is completed first. */
  #item(index: number, kind: ItemKind, callId: string, name: string): { readonly item: Item; readonly text: string } {
    const open = this.#items.get(index);
    if (open !== undefined) return { item: open, text: '' };
    let text = this.#begin();
    for (const earlier of this.#items.values()) {
      if (earlier.kind !== 'tool_call') text += this.#finish(earlier); // calls may be interleaved
    }
    const place = this.#output.length;
    const id = newId(kind === 'tool_call' ? 'fc_' : kind === 'reasoning' ? 'rs_' : 'msg_');
    const tool = kind === 'tool_call' ? this.#tools.get(name) : undefined;
    const item: Item = { kind, id, place, callId, name, tool, text: '', opaque: undefined, done: false };
    this.#items.set(index, item);
    const begun = begunItem(item);
    this.#output.push(begun);
    text += this.#event('response.output_item.added', { output_index: place, item: begun });
    if (kind === 'text' || kind === 'refusal') {
      const part = contentOf(item);
      text += this.#event('response.content_part.added', { ...at(item), content_index: 0, part });
    } else if (kind === 'reasoning') {
      const part = { type: 'summary_text', text: '' };
      text += this.#event('response.reasoning_summary_part.added', { ...at(item), summary_index: 0, part });
    }
    return { item, text };
  }

  #piece(item: Item, delta: string): string {
    item.text += delta;
    switch (item.kind) {
      case 'text': {
        // The most frequent event: written without an intermediate object.
        const place = `"item_id":"${item.id}","output_index":${item.place},"content_index":0`;
        return `event: response.output_text.delta\ndata: {"type":"response.output_text.delta",${place},"delta":${JSON.stringify(delta)},"logprobs":[],"sequence_number":${this.#sequence++}}\n\n`;
      }
      case 'refusal':
        return this.#event('response.refusal.delta', { ...at(item), content_index: 0, delta });
      case 'reasoning':
        return this.#event('response.reasoning_summary_text.delta', { ...at(item), summary_index: 0, delta });
      case 'tool_call':
        // The free text is inside the JSON of the arguments: it is written when it is complete.
        if (item.tool?.isCustom === true) return '';
        return this.#event('response.function_call_arguments.delta', { ...at(item), delta });
      default:
        return unreachable(item.kind);
    }
  }

  #finish(item: Item): string {
    if (item.done) return '';
    item.done = true;
    let text = '';
    switch (item.kind) {
      case 'text':
        text += this.#event('response.output_text.done', {
          ...at(item),
          content_index: 0,
          text: item.text,
          logprobs: [],
        });
        text += this.#event('response.content_part.done', { ...at(item), content_index: 0, part: contentOf(item) });
        break;
      case 'refusal':
        text += this.#event('response.refusal.done', { ...at(item), content_index: 0, refusal: item.text });
        text += this.#event('response.content_part.done', { ...at(item), content_index: 0, part: contentOf(item) });
        break;
      case 'reasoning': {
        const part = { type: 'summary_text', text: item.text };
        const where = { ...at(item), summary_index: 0 };
        text += this.#event('response.reasoning_summary_text.done', { ...where, text: item.text });
        text += this.#event('response.reasoning_summary_part.done', { ...where, part });
        break;
      }
      case 'tool_call': {
        item.text ||= '{}';
        const { text: itemText, tool } = item;
        if (tool?.isCustom === true) {
          const input = customInput(itemText);
          text += this.#event('response.custom_tool_call_input.delta', { ...at(item), delta: input });
          text += this.#event('response.custom_tool_call_input.done', { ...at(item), input });
          break;
        }
        const name = tool?.name ?? item.name;
        text += this.#event('response.function_call_arguments.done', { ...at(item), name, arguments: itemText });
        break;
      }
      default:
        unreachable(item.kind);
    }
    const whole = wholeItem(item);
    this.#output[item.place] = whole;
    return text + this.#event('response.output_item.done', { output_index: item.place, item: whole });
  }

  /** An answer without any delta before its end. */
  #whole(content: readonly AnswerPart[]): string {
    let text = '';
    for (let index = 0; index < content.length; index++) {
      const part = content[index] as AnswerPart;
      if (part.type === 'text') text += this.#write(index, 'text', part.text);
      else if (part.type === 'reasoning') text += this.delta({ ...part, type: 'reasoning_delta', index });
      else {
        text += this.delta({ type: 'tool_call_start', index, id: part.id, name: part.name });
        text += this.delta({ type: 'tool_call_delta', index, arguments: part.arguments });
      }
    }
    return text;
  }

  /** A tool call's opaque data is known when the call is complete. */
  #takeOpaque(content: readonly AnswerPart[]): void {
    for (const part of content) {
      if (part.type !== 'tool_call' || part.opaque === undefined) continue;
      for (const item of this.#items.values()) if (item.callId === part.id) item.opaque = part.opaque;
    }
  }

  #pass(wire: string): string {
    this.#passing = true;
    const type = typeOf(wire);
    this.#sequence++;
    // The provider's message is for the log; the client gets the gateway's.
    if (type === 'error' || type === 'response.failed') return '';
    if (type === 'response.completed' || type === 'response.incomplete') this.#terminated = true;
    return eventText(wire, type);
  }
}

function at(item: Item): { readonly item_id: string; readonly output_index: number } {
  return { item_id: item.id, output_index: item.place };
}

function begunItem(item: Item): OutputItem {
  if (item.kind === 'reasoning') return reasoningItem(item.id, { text: '' });
  if (item.kind !== 'tool_call') return messageItem(item.id, [], 'in_progress');
  return functionCallItem(item.id, { id: item.callId, name: item.name, arguments: '' }, 'in_progress', item.tool);
}

function wholeItem(item: Item): OutputItem {
  if (item.kind === 'reasoning') {
    const { text, opaque } = item;
    return reasoningItem(item.id, opaque === undefined ? { text } : { text, opaque });
  }
  if (item.kind !== 'tool_call') return messageItem(item.id, [contentOf(item)], 'completed');
  const { callId, name, text, opaque, tool } = item;
  return functionCallItem(item.id, { id: callId, name, arguments: text, opaque }, 'completed', tool);
}

function contentOf(item: Item): OutputItem {
  return item.kind === 'refusal' ? { type: 'refusal', refusal: item.text } : outputText(item.text);
}

/** Without parsing, if the type is the first field, as in OpenAI's events. */
function typeOf(wire: string): string | undefined {
  const first = /^\s*\{\s*"type"\s*:\s*"([\w.]+)"/.exec(wire)?.[1];
  if (first !== undefined) return first;
  const event: unknown = JSON.parse(wire);
  return isFields(event) && typeof event.type === 'string' ? event.type : undefined;
}
