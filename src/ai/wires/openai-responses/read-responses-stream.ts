/**
 * Reads a stream of OpenAI's responses wire. It is complete with `response.completed` or `response.incomplete`. Errors
 * are inside a 200 answer: an `error` event, `response.failed`, or both in that order; usage is read from the second.
 *
 * Items are identified by `output_index`: some endpoints (GitHub Copilot) change an item's id with every event. By
 * their id if there is no index. If the final event of a text or of a call's arguments has more than its deltas, the
 * difference is read; one that contradicts them is `malformed`: deltas were lost or reordered.
 */

import {
  arrayOf,
  type FinishReason,
  type JsonObject,
  type ModelAnswer,
  ProviderFailure,
  parseEvent,
  parseJson,
  recordOf,
  type StreamDelta,
  textIn,
  type Usage,
} from '../../model-call/index.ts';
import { estimateUsage } from '../../tokens/index.ts';
import type { AnswerContext, StreamReader } from '../shared/index.ts';
import { AnswerDraft, answerOf, failureOfError, readUsage, type ToolCallDraft } from '../shared/index.ts';
import { ResponsesNormaliser } from './normalise-responses-stream.ts';
import { opaqueOf, readItem, readStatus, reasoningTextOf } from './read-response.ts';
import { statusOf } from './responses-events.ts';
import { withAnswersOnly } from './responses-thinking.ts';

export class ResponsesStreamReader implements StreamReader {
  readonly #context: AnswerContext;
  readonly #draft: AnswerDraft;
  readonly #calls = new Map<unknown, ToolCallDraft>();
  /** The item and part of the last delta of text or reasoning. */
  #openPart = '';
  #openText = '';
  #finishReason: FinishReason | undefined;
  #response: JsonObject = {};
  #failure: ProviderFailure | undefined;
  /** The data to pass through; `undefined`: the stream is translated. */
  #passed: ResponsesNormaliser | undefined;
  #began = false;
  /** Whether a text begins with thinking, or may. */
  #thinks = false;

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#draft = new AnswerDraft(context.reading);
  }

  get isComplete(): boolean {
    return this.#finishReason !== undefined;
  }

  get mayEnd(): boolean {
    return this.isComplete;
  }

  get failure(): ProviderFailure | undefined {
    return this.#failure;
  }

  read(data: string, name: string | undefined, out: StreamDelta[]): void {
    if (this.isComplete || data === '[DONE]') return;
    const whole = parseJson(data);
    const parsed = whole ?? parseEvent(data);
    if (parsed === undefined && name !== 'error') {
      throw new ProviderFailure({ kind: 'malformed', detail: 'an event is not JSON' });
    }
    const event = recordOf(parsed);
    const type = textIn(event.type) ?? name ?? '';
    const before = out.length;
    const mayThink = !this.#draft.hasBegunText;
    this.#readEvent(type, event, data, out);
    if (this.#context.passing === undefined || this.#failure !== undefined) return;
    if (!this.#began) {
      this.#began = true;
      if (ResponsesNormaliser.begins(type, event)) this.#passed = new ResponsesNormaliser();
    }
    const passedEvent = mayThink || this.#thinks ? this.#answerOnly(type, event, out, before) : event;
    if (passedEvent === undefined) return;
    this.#pass(
      passedEvent !== event || whole === undefined ? JSON.stringify(passedEvent) : data,
      type,
      passedEvent,
      out,
      before,
    );
  }

  /** The event without the thinking in its text; `undefined`: it has nothing else. */
  #answerOnly(type: string, event: JsonObject, out: readonly StreamDelta[], before: number): JsonObject | undefined {
    if (type !== 'response.output_text.delta') return withAnswersOnly(event);
    const text = out.slice(before).map((delta) => (delta.type === 'text_delta' ? delta.text : ''));
    const delta = text.join('');
    if (delta === event.delta) return event;
    this.#thinks = true;
    return delta === '' ? undefined : { ...event, delta };
  }

  /** Passes each event through once and in order, on the last part that was read from it. */
  #pass(data: string, type: string, event: JsonObject, out: StreamDelta[], before: number): void {
    if (this.#passed === undefined) return;
    const first = out[before];
    const callId = first?.type === 'tool_call_start' ? first.id : undefined;
    const wires = this.#passed.pass(data, type, event, callId);
    const last = wires.at(-1);
    if (last === undefined) return;
    for (const wire of wires.slice(0, -1)) out.splice(before++, 0, { type: 'other', wire });
    if (first === undefined) out.push({ type: 'other', wire: last });
    else out[before] = { ...first, wire: last };
  }

  #readEvent(type: string, event: JsonObject, data: string, out: StreamDelta[]): void {
    switch (type) {
      case 'response.output_text.delta':
        this.#open('text', event, event.content_index);
        this.#draft.text(textIn(event.delta) ?? '', out);
        this.#openText += textIn(event.delta) ?? '';
        break;
      case 'response.output_text.done':
        // An endpoint that sends a text at once sends no deltas.
        this.#open('text', event, event.content_index);
        this.#draft.text(restOf(this.#openText, textIn(event.text)), out);
        this.#draft.endText(out);
        this.#openText = textIn(event.text) ?? this.#openText;
        break;
      case 'response.refusal.delta':
        this.#draft.refuse(textIn(event.delta) ?? '', out);
        break;
      case 'response.refusal.done':
        if (this.#draft.refusal === undefined) this.#draft.refuse(textIn(event.refusal) ?? '', out);
        break;
      case 'response.reasoning_summary_text.delta':
        this.#readReasoning('summary', event, event.summary_index, out);
        break;
      case 'response.reasoning_text.delta':
        this.#readReasoning('reasoning', event, event.content_index, out);
        break;
      case 'response.output_item.added':
        this.#openCall(event, out);
        break;
      case 'response.function_call_arguments.delta': {
        const call = this.#calls.get(itemOf(event));
        if (call !== undefined) this.#draft.toolArguments(call, textIn(event.delta) ?? '', out);
        break;
      }
      case 'response.output_item.done':
        this.#closeItem(event, out);
        break;
      case 'response.created':
      case 'response.in_progress':
        this.#response = recordOf(event.response);
        break;
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
      case 'response.cancelled':
        this.#close({ ...recordOf(event.response), status: statusOf(type, recordOf(event.response)) }, out);
        break;
      case 'error':
        // `response.failed` mostly follows, with usage.
        this.#failure = failureOfError(
          event.message === undefined && event.error === undefined ? { message: data } : event,
          this.#context.keys,
        );
        break;
    }
  }

  end(out: StreamDelta[]): ModelAnswer {
    this.#draft.end(out);
    const usage = this.#reported() ?? estimateUsage(this.#context.request, this.#draft.writtenText);
    return answerOf(this.#draft, this.#finishReason ?? 'stop', usage, this.#response);
  }

  spent(isReported: boolean): Usage | undefined {
    const { writtenText } = this.#draft;
    const isFree = isReported && writtenText === '';
    return this.#reported() ?? (isFree ? undefined : estimateUsage(this.#context.request, writtenText));
  }

  #reported(): Usage | undefined {
    return readUsage('openai-responses', this.#response.usage);
  }

  #readReasoning(kind: string, event: JsonObject, part: unknown, out: StreamDelta[]): void {
    const isFurther = this.#openPart.startsWith(`reasoning:${String(itemOf(event))}:`);
    const key = `reasoning:${String(itemOf(event))}:${kind}:${String(part)}`;
    const piece = textIn(event.delta);
    if (piece === undefined) return;
    if (this.#openPart !== key) {
      if (!isFurther) this.#draft.breakPart();
      this.#openPart = key;
      this.#draft.reasoning(isFurther ? `\n\n${piece}` : piece, out);
    } else {
      this.#draft.reasoning(piece, out);
    }
  }

  #open(kind: string, event: JsonObject, part: unknown): void {
    const key = `${kind}:${String(itemOf(event))}:${String(part)}`;
    if (this.#openPart === key) return;
    this.#openPart = key;
    this.#openText = '';
    this.#draft.breakPart();
  }

  #openCall(event: JsonObject, out: StreamDelta[]): ToolCallDraft | undefined {
    const item = recordOf(event.item);
    const name = textIn(item.name);
    if (item.type !== 'function_call' || name === undefined) return undefined;
    const call = this.#draft.toolCall(textIn(item.call_id), name, out);
    this.#calls.set(itemOf(event), call);
    return call;
  }

  #closeItem(event: JsonObject, out: StreamDelta[]): void {
    const item = recordOf(event.item);
    if (item.type === 'function_call') {
      const call = this.#calls.get(itemOf(event)) ?? this.#openCall(event, out);
      if (call === undefined)
        throw new ProviderFailure({ kind: 'malformed', detail: 'a tool call has no function name' });
      this.#draft.toolArguments(call, restOf(call.arguments, textIn(item.arguments)), out);
    } else if (item.type === 'reasoning') {
      const opaque = opaqueOf(item, this.#context.provider);
      if (this.#openPart.startsWith(`reasoning:${String(itemOf(event))}:`)) {
        if (opaque !== undefined) this.#draft.reasoning('', out, opaque);
      } else {
        this.#draft.breakPart();
        this.#draft.reasoning(reasoningTextOf(item), out, opaque);
      }
      this.#openPart = '';
    }
  }

  #close(response: JsonObject, out: StreamDelta[]): void {
    this.#response = response;
    if (this.#failure !== undefined) throw this.#failure;
    this.#finishReason = readStatus(response, this.#context);
    // For an endpoint that only sends the final event.
    if (this.#draft.isEmpty) {
      for (const item of arrayOf(response.output)) readItem(recordOf(item), this.#draft, this.#context.provider, out);
    }
  }
}

/** The identity of an event's item. */
function itemOf(event: JsonObject): unknown {
  return event.output_index ?? event.item_id ?? recordOf(event.item).id;
}

/** The part of `whole` that the deltas did not have. */
function restOf(pieces: string, whole: string | undefined): string {
  if (whole === undefined || whole === pieces) return '';
  if (whole.startsWith(pieces)) return whole.slice(pieces.length);
  // Some endpoints trim the text in the final event.
  if (whole.trim() === pieces.trim()) return '';
  throw new ProviderFailure({ kind: 'malformed', detail: 'the pieces of a part are not the whole it ends with' });
}
