/**
 * Reads the events of a stream of Anthropic's messages wire. It is complete with `message_stop` after a stop reason.
 *
 * Unknown kinds of events, blocks and deltas are ignored, as Anthropic's versioning policy requires. An event of a
 * known kind that cannot be read is a failure. Counts in `message_delta` are totals, which replace those of
 * `message_start`; missing counts keep their value.
 */
import {
  arrayOf,
  isRecord,
  type JsonObject,
  type ModelAnswer,
  ProviderFailure,
  parseJson,
  recordOf,
  type StreamDelta,
  textIn,
  type Usage,
} from '../../model-call/index.ts';
import { estimateUsage } from '../../tokens/index.ts';
import { BlockDraft, incompleteStream, partialUsage, readUsage, type StreamReader } from '../shared/index.ts';
import { isAbsent, isTextOrAbsent, type MessageContext, messageAnswer, redacted, signed } from './read-message.ts';
import { errorInMessage } from './read-message-failure.ts';

interface ToolBlock {
  readonly id: string;
  readonly name: string;
  input: string;
}

type Block = ToolBlock | 'text' | 'reasoning';

const blockKinds: ReadonlySet<unknown> = new Set(['text', 'thinking', 'redacted_thinking', 'tool_use', 'compaction']);
const deltaKinds: ReadonlySet<unknown> = new Set([
  ...['text_delta', 'thinking_delta', 'signature_delta', 'input_json_delta', 'compaction_delta'],
]);

export class MessageStreamReader implements StreamReader {
  readonly mayEnd = false;
  isComplete = false;
  failure: ProviderFailure | undefined;
  readonly #context: MessageContext;
  readonly #draft: BlockDraft;
  readonly #blocks = new Map<number, Block>();
  /** The kind of the open block. */
  #blockKind: unknown;
  /** The fields of `message_start` and `message_delta`, merged into one message. */
  readonly #message: { id?: unknown; model?: unknown; [field: string]: unknown } = Object.create(null);
  readonly #usage: Record<string, unknown> = Object.create(null);
  #hasBegun = false;

  constructor(context: MessageContext) {
    this.#context = context;
    this.#draft = new BlockDraft(context.reading);
  }

  read(data: string, _event: string | undefined, out: StreamDelta[]): void {
    if (this.isComplete || this.failure !== undefined || data === '[DONE]') return;
    const event = parseJson(data);
    if (event === undefined) throw malformed('an event is no JSON');
    const fields = recordOf(event);
    if (!this.#isRead(fields, out) && !isIgnorable(fields)) throw malformed('an event cannot be read');
  }

  end(out: StreamDelta[]): ModelAnswer {
    this.#draft.end(out);
    const usage = readUsage('anthropic', this.#usage) ?? estimateUsage(this.#context.request, this.#draft.writtenText);
    return messageAnswer(this.#draft, this.#message, usage);
  }

  spent(): Usage {
    return partialUsage('anthropic', this.#usage, this.#context.request, this.#draft.writtenText);
  }

  /** Whether the event is known and has all required fields. */
  #isRead(event: JsonObject, out: StreamDelta[]): boolean {
    switch (event.type) {
      case 'content_block_delta':
        return typeof event.index === 'number' && this.#addDelta(event.index, recordOf(event.delta), out);
      case 'content_block_start':
        return typeof event.index === 'number' && this.#openBlock(event.index, recordOf(event.content_block), out);
      case 'content_block_stop':
        return typeof event.index === 'number' && this.#closeBlock(event.index, out);
      case 'message_start':
        return this.#openMessage(recordOf(event.message), out);
      case 'message_delta':
        return this.#readEnding(event.delta, event.usage);
      case 'message_stop':
        if (textIn(this.#message.stop_reason) === undefined) {
          throw incompleteStream('the stream ended without a stop reason');
        }
        this.isComplete = true;
        return true;
      case 'error':
        this.failure = errorInMessage(recordOf(event.error), this.#context.secrets);
        return this.failure !== undefined;
      default:
        return event.type === 'ping';
    }
  }

  #addDelta(index: number, delta: JsonObject, out: StreamDelta[]): boolean {
    const id = String(index);
    switch (delta.type) {
      case 'text_delta':
        if (typeof delta.text !== 'string') return false;
        this.#draft.text(id, delta.text, out);
        return true;
      case 'thinking_delta':
        if (typeof delta.thinking !== 'string') return false;
        this.#draft.reasoning(id, delta.thinking, undefined, out);
        return true;
      case 'signature_delta':
        if (typeof delta.signature !== 'string') return false;
        if (this.#blockKind === 'thinking') this.#draft.reasoning(id, '', signed(delta.signature), out);
        return true;
      case 'input_json_delta':
        return typeof delta.partial_json === 'string' && this.#addInput(index, delta.partial_json, out);
      case 'compaction_delta':
        if (!isTextOrAbsent(delta.content)) return false;
        if (!isAbsent(delta.content)) this.#draft.text(id, delta.content, out);
        return true;
      case 'citations_delta':
        if (this.#blocks.get(index) === 'text' && isRecord(delta.citation)) {
          this.#draft.citation(id, delta.citation, out);
        }
        return true;
      default:
        return false;
    }
  }

  #addInput(index: number, piece: string, out: StreamDelta[]): boolean {
    const block = this.#blocks.get(index);
    // The input of a tool that the provider runs itself.
    if (piece === '' || typeof block !== 'object') return true;
    block.input += piece;
    this.#draft.arguments(block.id, piece, out);
    return true;
  }

  #openBlock(index: number, block: JsonObject, out: StreamDelta[]): boolean {
    this.#blockKind = block.type;
    const id = String(index);
    switch (block.type) {
      case 'text':
        if (typeof block.text !== 'string') return false;
        return this.#openText(index);
      case 'compaction':
        if (!isTextOrAbsent(block.content) || !isTextOrAbsent(block.signature)) return false;
        this.#openText(index);
        // A requested thinking block is complete here, and signed.
        if (!isAbsent(block.signature) && !isAbsent(block.content)) this.#draft.text(id, block.content, out);
        return true;
      case 'thinking':
        return typeof block.thinking === 'string' && this.#openReasoning(index, undefined, out);
      case 'redacted_thinking':
        return typeof block.data === 'string' && this.#openReasoning(index, redacted(block.data), out);
      case 'tool_use': {
        if (typeof block.id !== 'string' || typeof block.name !== 'string') return false;
        if (block.input !== undefined && !isRecord(block.input)) return false;
        // Complete here, or empty and followed by deltas.
        const isWhole = Object.keys(recordOf(block.input)).length > 0;
        const call = { id: block.id, name: block.name, input: isWhole ? JSON.stringify(block.input) : '' };
        this.#blocks.set(index, call);
        this.#draft.openCall(call.id, call.name, undefined, out);
        return true;
      }
      default:
        return false;
    }
  }

  #openText(index: number): boolean {
    this.#blocks.set(index, 'text');
    this.#draft.openText(String(index));
    return true;
  }

  #openReasoning(index: number, opaque: JsonObject | undefined, out: StreamDelta[]): boolean {
    this.#blocks.set(index, 'reasoning');
    this.#draft.openReasoning(String(index));
    if (opaque !== undefined) this.#draft.reasoning(String(index), '', opaque, out);
    return true;
  }

  #closeBlock(index: number, out: StreamDelta[]): boolean {
    const block = this.#blocks.get(index);
    this.#blocks.delete(index);
    this.#blockKind = undefined;
    if (typeof block === 'object') {
      this.#draft.closeCall(block.id, block.name, block.input === '' ? '{}' : block.input, undefined, out);
    }
    return true;
  }

  #openMessage(message: JsonObject, out: StreamDelta[]): boolean {
    if (typeof recordOf(message.usage).input_tokens !== 'number') return false;
    if (!isTextOrAbsent(message.id) || !isTextOrAbsent(message.stop_reason)) return false;
    this.#message.model ??= textIn(message.model);
    this.#count(message.usage);
    if (this.#hasBegun) {
      if (this.#message.id === message.id) return true;
      throw malformed('a message began before the one before it had ended');
    }
    const calls = isAbsent(message.content) ? [] : message.content;
    if (!Array.isArray(calls)) return false;
    this.#hasBegun = true;
    this.#message.id = message.id;
    this.#message.stop_reason = message.stop_reason;
    // The calls of a program that the provider runs are part of the message.
    for (const call of arrayOf(calls)) {
      const { type, id, name, input = {} } = recordOf(call);
      if (type !== 'tool_use' || typeof id !== 'string' || typeof name !== 'string') return false;
      this.#draft.closeCall(id, name, JSON.stringify(input), undefined, out);
    }
    return true;
  }

  #readEnding(delta: unknown, usage: unknown): boolean {
    if (!isRecord(delta) || !isTextOrAbsent(delta.stop_reason)) return false;
    // An endpoint of this wire may send no counts with the stop reason.
    const isCounted = typeof recordOf(usage).output_tokens === 'number';
    if (!isCounted && !(isAbsent(usage) && textIn(delta.stop_reason) !== undefined)) return false;
    this.#message.stop_reason = delta.stop_reason ?? this.#message.stop_reason;
    this.#message.stop_sequence = delta.stop_sequence;
    this.#message.stop_details = delta.stop_details;
    this.#count(usage);
    return true;
  }

  #count(usage: unknown): void {
    for (const [name, value] of Object.entries(recordOf(usage))) if (value !== null) this.#usage[name] = value;
  }
}

/** Whether an event that cannot be read has no part of the answer. */
function isIgnorable(event: JsonObject): boolean {
  switch (event.type) {
    case 'content_block_start':
      return isOtherKind(event.content_block, blockKinds);
    case 'content_block_delta':
      return isOtherKind(event.delta, deltaKinds);
    case 'message_start':
    case 'content_block_stop':
    case 'message_delta':
    case 'message_stop':
    case 'error':
      return false;
    default:
      return typeof event.type === 'string';
  }
}

function isOtherKind(value: unknown, kinds: ReadonlySet<unknown>): boolean {
  const type = textIn(recordOf(value).type);
  return type !== undefined && !kinds.has(type);
}

function malformed(detail: string): ProviderFailure {
  return new ProviderFailure({ kind: 'malformed', detail });
}
