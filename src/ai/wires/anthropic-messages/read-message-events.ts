/**
 * The events of an Anthropic stream as the parts that their package would make of them, as far as the one form has a
 * place for them (see read-message.ts). In the package each event passes seven web streams and a schema, one by one:
 * 18.7 µs a chunk where a stream comes at once, 4.1 here, reading the socket included.
 *
 * What the package could not read is an error part of the same name here, so that the same rules pass over it or fail
 * (newer-events.ts). The provider's own events go before the parts (`raw`) where the watch looks at them.
 */
import type { JSONObject, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { isRecord, recordOf, textIn } from '../../model-call/index.ts';
import {
  isAbsent,
  isTextOrAbsent,
  readStreamError,
  redacted,
  signed,
  stopDetailsOf,
  uncounted,
} from './read-message.ts';

type Fields = ReturnType<typeof recordOf>;

interface ToolBlock {
  readonly id: string;
  readonly name: string;
  input: string;
}

type Block = ToolBlock | 'text' | 'reasoning';

export class MessageEvents {
  #parts: LanguageModelV4StreamPart[] = [];
  readonly #blocks = new Map<number, Block>();
  /** The kind of the block that was begun last and has not ended. */
  #blockKind: unknown;
  #message: { readonly id: unknown } | undefined;
  #stopReason: string | undefined;
  #stopDetails: unknown;
  #isOutOfOrder = false;

  /** The parts of the events that were read since. */
  taken(): readonly LanguageModelV4StreamPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  get hasParts(): boolean {
    return this.#parts.length > 0;
  }

  read(data: string): void {
    if (this.#isOutOfOrder || data === '[DONE]') return;
    let event: unknown;
    try {
      event = JSON.parse(data);
    } catch {
      this.#parts.push({ type: 'error', error: named('AI_JSONParseError', 'an event is no JSON', undefined) });
      return;
    }
    const fields = recordOf(event);
    if (!this.#isRead(fields)) {
      const error = named('AI_TypeValidationError', 'an event cannot be read', event);
      this.#parts.push({ type: 'error', error });
    }
  }

  /** Whether it was an event that is known, with all that is needed of it. */
  #isRead(event: Fields): boolean {
    switch (event.type) {
      case 'content_block_delta':
        return typeof event.index === 'number' && this.#addDelta(event.index, recordOf(event.delta));
      case 'content_block_start':
        return typeof event.index === 'number' && this.#openBlock(event.index, recordOf(event.content_block));
      case 'content_block_stop':
        return typeof event.index === 'number' && this.#closeBlock(event.index);
      case 'message_start':
        this.#parts.push({ type: 'raw', rawValue: event });
        return this.#openMessage(event.message);
      case 'message_delta':
        this.#parts.push({ type: 'raw', rawValue: event });
        return this.#noteEnding(event.delta, recordOf(event.usage));
      case 'message_stop':
        this.#parts.push({ type: 'raw', rawValue: event });
        this.#closeMessage();
        return true;
      case 'error':
        return this.#addError(recordOf(event.error));
      case 'ping':
        return true;
      default:
        return false;
    }
  }

  #addDelta(index: number, delta: Fields): boolean {
    const id = String(index);
    switch (delta.type) {
      case 'text_delta':
        if (typeof delta.text !== 'string') return false;
        this.#parts.push({ type: 'text-delta', id, delta: delta.text });
        return true;
      case 'thinking_delta':
        if (typeof delta.thinking !== 'string') return false;
        this.#parts.push({ type: 'reasoning-delta', id, delta: delta.thinking });
        return true;
      case 'signature_delta':
        if (typeof delta.signature !== 'string') return false;
        if (this.#blockKind !== 'thinking') return true;
        this.#parts.push({ type: 'reasoning-delta', id, delta: '', providerMetadata: signed(delta.signature) });
        return true;
      case 'input_json_delta':
        return typeof delta.partial_json === 'string' && this.#addInput(index, delta.partial_json);
      case 'compaction_delta':
        if (!isTextOrAbsent(delta.content)) return false;
        if (!isAbsent(delta.content)) this.#parts.push({ type: 'text-delta', id, delta: delta.content });
        return true;
      case 'citations_delta':
        if (this.#blocks.get(index) === 'text' && isRecord(delta.citation)) {
          const providerMetadata = { anthropic: { citation: delta.citation as JSONObject } };
          this.#parts.push({ type: 'text-delta', id, delta: '', providerMetadata });
        }
        return true;
      default:
        return false;
    }
  }

  #addInput(index: number, delta: string): boolean {
    const block = this.#blocks.get(index);
    // The input of a tool that the provider runs itself.
    if (delta === '' || typeof block !== 'object') return true;
    block.input += delta;
    this.#parts.push({ type: 'tool-input-delta', id: block.id, delta });
    return true;
  }

  #openBlock(index: number, block: Fields): boolean {
    this.#blockKind = block.type;
    const id = String(index);
    switch (block.type) {
      case 'text':
        if (typeof block.text !== 'string') return false;
        this.#blocks.set(index, 'text');
        this.#parts.push({ type: 'text-start', id });
        return true;
      case 'compaction':
        if (!isTextOrAbsent(block.content) || !isTextOrAbsent(block.signature)) return false;
        this.#blocks.set(index, 'text');
        this.#parts.push({ type: 'text-start', id });
        // One that was asked for comes whole, and is signed.
        if (!isAbsent(block.signature) && !isAbsent(block.content)) {
          this.#parts.push({ type: 'text-delta', id, delta: block.content });
        }
        return true;
      case 'thinking':
        if (typeof block.thinking !== 'string') return false;
        this.#blocks.set(index, 'reasoning');
        this.#parts.push({ type: 'reasoning-start', id });
        return true;
      case 'redacted_thinking':
        if (typeof block.data !== 'string') return false;
        this.#blocks.set(index, 'reasoning');
        this.#parts.push({ type: 'reasoning-start', id, providerMetadata: redacted(block.data) });
        return true;
      case 'tool_use': {
        if (typeof block.id !== 'string' || typeof block.name !== 'string') return false;
        if (block.input !== undefined && !isRecord(block.input)) return false;
        // Whole here, or empty and to come in deltas.
        const isWhole = Object.keys(recordOf(block.input)).length > 0;
        const call = { id: block.id, name: block.name, input: isWhole ? JSON.stringify(block.input) : '' };
        this.#blocks.set(index, call);
        this.#parts.push({ type: 'tool-input-start', id: call.id, toolName: call.name });
        return true;
      }
      default:
        return false;
    }
  }

  #closeBlock(index: number): boolean {
    const block = this.#blocks.get(index);
    this.#blocks.delete(index);
    this.#blockKind = undefined;
    if (typeof block === 'object') this.#addCall(block.id, block.name, block.input === '' ? '{}' : block.input);
    return true;
  }

  #addCall(toolCallId: string, toolName: string, input: string): void {
    this.#parts.push({ type: 'tool-input-end', id: toolCallId }, { type: 'tool-call', toolCallId, toolName, input });
  }

  #openMessage(given: unknown): boolean {
    const message = recordOf(given);
    if (typeof recordOf(message.usage).input_tokens !== 'number') return false;
    if (!isTextOrAbsent(message.id) || !isTextOrAbsent(message.stop_reason)) return false;
    if (this.#message !== undefined) {
      if (this.#message.id === message.id) return true;
      this.#isOutOfOrder = true;
      const error = named(
        'AI_InvalidResponseDataError',
        'a message began before the one before it had ended',
        undefined,
      );
      this.#parts.push({ type: 'error', error });
      return true;
    }
    const calls = isAbsent(message.content) ? [] : message.content;
    if (!Array.isArray(calls)) return false;
    this.#message = { id: message.id };
    this.#stopReason = message.stop_reason ?? this.#stopReason;
    const id = textIn(message.id);
    this.#parts.push({ type: 'response-metadata', ...(id === undefined ? {} : { id }) });
    // Calls that were made by a program the provider runs come with the message.
    for (const call of calls) {
      const { type, id, name, input = {} } = recordOf(call);
      if (type !== 'tool_use' || typeof id !== 'string' || typeof name !== 'string') return false;
      const written = JSON.stringify(input);
      this.#parts.push({ type: 'tool-input-start', id, toolName: name });
      this.#parts.push({ type: 'tool-input-delta', id, delta: written });
      this.#addCall(id, name, written);
    }
    return true;
  }

  #noteEnding(delta: unknown, usage: Fields): boolean {
    if (!isRecord(delta) || typeof usage.output_tokens !== 'number') return false;
    if (!isTextOrAbsent(delta.stop_reason)) return false;
    this.#stopReason = delta.stop_reason ?? undefined;
    this.#stopDetails = delta.stop_details;
    return true;
  }

  #closeMessage(): void {
    this.#message = undefined;
    this.#parts.push({
      type: 'finish',
      finishReason: { unified: 'other', raw: this.#stopReason },
      usage: uncounted,
      ...stopDetailsOf(this.#stopDetails),
    });
  }

  #addError(given: Fields): boolean {
    const error = readStreamError(given);
    if (error !== undefined) this.#parts.push({ type: 'error', error });
    return error !== undefined;
  }
}

/** An error as the package would have made it, told apart by its name. */
function named(name: string, message: string, value: unknown): Error {
  return Object.assign(new Error(message), { name, value });
}
