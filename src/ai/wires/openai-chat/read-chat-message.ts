/**
 * Reads a message of the chat completions wire, or a delta of one: endpoints differ in details. Content may have parts
 * (Mistral), reasoning has two names (`reasoning_content`: DeepSeek, xAI, older vLLM; `reasoning`: vLLM, OpenRouter,
 * Ollama), tool calls may lack an index or id, have arguments as an object, complete or in pieces, or the legacy name
 * `function_call`.
 */

import {
  arrayOf,
  type FailureKind,
  type FinishReason,
  isRecord,
  type JsonObject,
  ProviderFailure,
  recordOf,
  type StreamDelta,
  textIn,
} from '../../model-call/index.ts';
import type { AnswerDraft, ToolCallDraft } from '../shared/index.ts';
import { isLegacyCall } from './chat-usage.ts';

interface OpenCall {
  id: string | undefined;
  /** The opaque data that the endpoint requires back: Google's compatible one has its signature there. */
  extra: JsonObject | undefined;
  /** Arguments that arrived before the function's name. */
  early: string;
  draft: ToolCallDraft | undefined;
}

export class ChatMessageReader {
  readonly #draft: AnswerDraft;
  readonly #calls = new Map<number, OpenCall>();
  #latest: OpenCall | undefined;

  constructor(draft: AnswerDraft) {
    this.#draft = draft;
  }

  read(message: JsonObject, out: StreamDelta[]): void {
    const { content } = message;
    const reasoning = textIn(message.reasoning_content) ?? textIn(message.reasoning);
    if (reasoning !== undefined) this.#draft.reasoning(reasoning, out);
    if (typeof content === 'string') this.#draft.text(content, out);
    else if (Array.isArray(content)) this.#readParts(content, out);
    if (typeof message.refusal === 'string') this.#draft.refuse(message.refusal, out);
    if (Array.isArray(message.tool_calls)) for (const call of message.tool_calls) this.#readCall(recordOf(call), out);
    const legacy = message.function_call;
    if (isLegacyCall(legacy)) this.#readCall({ index: 0, function: legacy }, out);
  }

  /** A complete message: each of its calls is separate, whatever their indexes are. */
  readWhole(message: JsonObject, out: StreamDelta[]): void {
    const calls = arrayOf(message.tool_calls).map((call, index) => ({ ...recordOf(call), index }));
    this.read({ ...message, tool_calls: calls }, out);
  }

  /** Throws if a call has no function name; an empty call is ignored. */
  end(): void {
    for (const { id, draft, early } of this.#calls.values()) {
      if (draft === undefined && (id !== undefined || early !== '')) {
        throw new ProviderFailure({ kind: 'malformed', detail: 'a tool call has no function name' });
      }
    }
  }

  #readParts(parts: readonly unknown[], out: StreamDelta[]): void {
    for (const value of parts) {
      const part = recordOf(value);
      if (part.type === 'thinking') {
        if (typeof part.thinking === 'string') this.#draft.reasoning(part.thinking, out);
        else for (const piece of arrayOf(part.thinking)) this.#draft.reasoning(textIn(recordOf(piece).text) ?? '', out);
      } else if (part.type === 'refusal') {
        this.#draft.refuse(textIn(part.refusal) ?? '', out);
      } else if (typeof part.text === 'string') {
        this.#draft.text(part.text, out);
      }
    }
  }

  #readCall(piece: JsonObject, out: StreamDelta[]): void {
    const called = recordOf(piece.function);
    const id = textIn(piece.id);
    const name = textIn(called.name);
    const call = this.#callOf(piece.index, id, name);
    call.id ??= id;
    if (isRecord(piece.extra_content)) call.extra = piece.extra_content;
    const callArguments = called.arguments;
    const text =
      typeof callArguments === 'string'
        ? callArguments
        : callArguments === undefined || callArguments === null
          ? ''
          : JSON.stringify(callArguments);
    if (call.draft !== undefined && call.extra !== undefined) this.#draft.setOpaque(call.draft, call.extra);
    if (call.draft === undefined) {
      call.early += text;
      if (name === undefined) return;
      call.draft = this.#draft.toolCall(call.id, name, out, call.extra);
      this.#draft.toolArguments(call.draft, call.early, out);
    } else {
      this.#draft.toolArguments(call.draft, text, out);
    }
  }

  /** Some endpoints give every call the index 0 and only change the id; some have no index. */
  #callOf(index: unknown, id: string | undefined, name: string | undefined): OpenCall {
    const isNamed = id !== undefined && id !== 'null' && name !== undefined;
    let call =
      typeof index === 'number'
        ? this.#calls.get(index)
        : id === undefined && name === undefined
          ? this.#latest
          : undefined;
    if (call === undefined && typeof index !== 'number' && id !== undefined) {
      for (const open of this.#calls.values()) if (open.id === id) call = open;
    }
    if (call?.draft !== undefined && isNamed && call.id !== id) call = undefined;
    if (call === undefined) {
      call = { id, extra: undefined, early: '', draft: undefined };
      const key = typeof index === 'number' ? index : this.#calls.size;
      // A call with another call's index: the other one is complete.
      const earlier = this.#calls.get(key);
      if (earlier !== undefined) this.#calls.set(-1 - this.#calls.size, earlier);
      this.#calls.set(key, call);
    }
    this.#latest = call;
    return call;
  }
}

/** `undefined`: not finished. Throws if the finish reason is a failure. */
export function readFinishReason(reason: unknown): FinishReason | undefined {
  switch (reason) {
    case undefined:
    case null:
    case '':
      return undefined;
    case 'length':
    case 'model_length':
    case 'max_tokens':
      return 'length';
    case 'content_filter':
      return 'content_filter';
    case 'tool_calls':
    case 'function_call':
    case 'tool_use':
      return 'tool_calls';
    case 'refusal':
      return 'refusal';
    case 'error':
      throw stoppedBy('server_error', 'the model stopped with an error');
    case 'abort':
      throw stoppedBy('server_error', 'the provider broke off');
    case 'insufficient_system_resource':
      throw stoppedBy('overloaded', 'the provider lacked resources to go on');
    default:
      return 'stop';
  }
}

function stoppedBy(kind: FailureKind, detail: string): ProviderFailure {
  return new ProviderFailure({ kind, detail });
}
