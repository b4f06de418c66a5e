/**
 * Normalises the chunks of a chat completions stream that is passed through to the client. OpenAI's own client fails
 * for a stream whose first delta has no role, or whose calls lack a type, an id or an index, or whose indexes begin at
 * 1; Mistral, Anthropic's compatible endpoint and several servers send such streams. A well-formed chunk passes byte
 * for byte; any other is rewritten with the missing fields; an event that is not a chunk (a ping, a newer kind) is
 * skipped.
 */
import { newId } from '../../../lib/index.ts';
import type { JsonObject, StreamDelta } from '../../model-call/index.ts';
import { arrayOf, isRecord, recordOf, textIn } from '../../model-call/index.ts';
import { normaliseUsage } from '../shared/index.ts';
import { chatUsageIn, isLegacyCall } from './chat-usage.ts';
import { readFinishReason } from './read-chat-message.ts';

/** The values of `finish_reason`; others are the endpoint's own. */
const finishReasons: ReadonlySet<unknown> = new Set([
  'stop',
  'length',
  'tool_calls',
  'content_filter',
  'function_call',
]);

/** Maps a finish reason to a value of the wire. */
export function normaliseFinishReason(reason: unknown): string | null {
  if (finishReasons.has(reason)) return reason as string;
  const read = readFinishReason(reason);
  return read === 'refusal' ? 'content_filter' : (read ?? null);
}

export function isFinishReason(reason: unknown): boolean {
  return finishReasons.has(reason);
}

export class ChatChunkNormaliser {
  /** The choices whose role has been sent. */
  readonly #begun = new Set<unknown>();
  /** The ids of the first choice's calls, by the index that the client reads. */
  readonly #callIds: string[] = [];
  /** The client's index of a call, by the part's index. */
  readonly #callNumbers = new Map<number, number>();
  /** The indexes of calls whose arguments have begun. */
  readonly #argued = new Set<number>();
  /** Whether calls have the legacy form: they pass unchanged. */
  #isLegacy = false;
  /** Whether the text of the current chunk differs from the text that was read from it. */
  #isRetold = false;
  #head: { readonly id: string; readonly created: number; readonly model: string } | undefined;

  /**
   * @param data the event's data
   * @param chunk `data`, parsed
   * @param out the parts read from it, from `begin` on
   * @param mayThink whether its text may be thinking between tags: the parts in `out` distinguish it
   * @returns the data to pass through; `undefined`: none
   */
  pass(
    data: string,
    chunk: JsonObject,
    out: readonly StreamDelta[],
    begin: number,
    mayThink: boolean,
  ): string | undefined {
    this.#isRetold = mayThink && isRetold(chunk, out, begin);
    const isWellFormed = this.#isWellFormed(chunk) && !this.#isRetold;
    if (!this.#isLegacy) for (let at = begin; at < out.length; at++) this.#note(out[at] as StreamDelta);
    if (isWellFormed && !this.#owesArguments(chunk)) {
      for (const choice of chunk.choices as readonly JsonObject[]) this.#begun.add(choice.index);
      return data;
    }
    if (arrayOf(chunk.choices).length === 0 && !isRecord(normaliseUsage(chatUsageIn(chunk)))) return undefined;
    return JSON.stringify(this.#rewritten(chunk, out.slice(begin)));
  }

  #note(delta: StreamDelta): void {
    if (delta.type === 'tool_call_start') {
      this.#callNumbers.set(delta.index, this.#callIds.length);
      this.#callIds.push(delta.id);
    } else if (delta.type === 'tool_call_delta') {
      this.#argued.add(this.#callNumbers.get(delta.index) ?? -1);
    }
  }

  /** Whether the first choice ends with a call without arguments, whose text would not be JSON. */
  #owesArguments({ choices }: JsonObject): boolean {
    if (this.#callIds.length === this.#argued.size) return false;
    return arrayOf(choices).some((choice) => {
      const { index, finish_reason: reason } = recordOf(choice);
      return (index ?? 0) === 0 && textIn(reason) !== undefined;
    });
  }

  #isWellFormed(chunk: JsonObject): boolean {
    const { id, created, model, object, choices, usage } = chunk;
    if (normaliseUsage(usage) !== usage || (!isRecord(usage) && chatUsageIn(chunk) !== undefined)) return false;
    if (typeof id !== 'string' || typeof model !== 'string' || typeof object !== 'string') return false;
    if (typeof created !== 'number' || !Array.isArray(choices)) return false;
    for (let at = 0; at < choices.length; at++) if (!this.#isWellFormedChoice(choices[at])) return false;
    return true;
  }

  #isWellFormedChoice(choice: unknown): boolean {
    if (!isRecord(choice)) return false;
    const { index, delta, finish_reason } = choice;
    if (isRecord(delta) && isRecord(delta.function_call)) {
      if (!isLegacyCall(delta.function_call) && !this.#isLegacy) return false;
      this.#isLegacy = true;
    }
    if (typeof index !== 'number' || !isRecord(delta)) return false;
    if (finish_reason !== null && !finishReasons.has(finish_reason)) return false;
    if (typeof delta.role !== 'string' && !this.#begun.has(index)) return false;
    const { content, tool_calls: calls } = delta;
    if (content !== undefined && content !== null && typeof content !== 'string') return false;
    if (calls === undefined || index !== 0) return true;
    return Array.isArray(calls) && this.#areWellFormedCalls(calls);
  }

  #areWellFormedCalls(calls: readonly unknown[]): boolean {
    let next = this.#callIds.length;
    for (const call of calls) {
      if (!isRecord(call) || !isRecord(call.function)) return false;
      const { index, id, type } = call;
      const { name, arguments: callArguments } = call.function;
      if (callArguments !== undefined && typeof callArguments !== 'string') return false;
      if (index === next) {
        if (textIn(id) === undefined || id === 'null' || type !== 'function' || textIn(name) === undefined)
          return false;
        next++;
      } else {
        if (typeof index !== 'number' || !(index >= 0 && index < this.#callIds.length)) return false;
        if (id !== undefined && id !== null && id !== '' && id !== this.#callIds[index]) return false;
      }
    }
    return true;
  }

  #rewritten(chunk: JsonObject, deltas: readonly StreamDelta[]): JsonObject {
    this.#head ??= {
      id: textIn(chunk.id) ?? newId('chatcmpl-'),
      created: typeof chunk.created === 'number' ? chunk.created : Math.floor(Date.now() / 1_000),
      model: textIn(chunk.model) ?? '',
    };
    const { id, created, model } = this.#head;
    const usage = chatUsageIn(chunk) ?? chunk.usage;
    return {
      ...chunk,
      ...(usage === undefined ? {} : { usage: normaliseUsage(usage) }),
      id: typeof chunk.id === 'string' ? chunk.id : id,
      object: 'chat.completion.chunk',
      created: typeof chunk.created === 'number' ? chunk.created : created,
      model: typeof chunk.model === 'string' ? chunk.model : model,
      choices: arrayOf(chunk.choices).map((choice) => this.#rewrittenChoice(recordOf(choice), deltas)),
    };
  }

  #rewrittenChoice(choice: JsonObject, deltas: readonly StreamDelta[]): JsonObject {
    const index = typeof choice.index === 'number' ? choice.index : 0;
    const { role, ...deltaFields } = recordOf(choice.delta);
    const delta: Record<string, unknown> = { ...deltaFields };
    if (!this.#isLegacy) delete delta.function_call;
    if (typeof role === 'string' || !this.#begun.has(index)) delta.role = textIn(role) ?? 'assistant';
    this.#begun.add(index);
    if (Array.isArray(deltaFields.content) || (this.#isRetold && index === 0)) {
      delta.content = textsOf(deltas, 'text_delta');
      const reasoning = textsOf(deltas, 'reasoning_delta');
      if (reasoning !== '') delta.reasoning_content = reasoning;
    }
    const finish_reason = normaliseFinishReason(choice.finish_reason);
    if (index === 0 && !this.#isLegacy) {
      const calls = deltas.flatMap((piece) => this.#callPiece(piece));
      if (finish_reason !== null) calls.push(...this.#missingArguments());
      if (calls.length > 0) delta.tool_calls = calls;
      else delete delta.tool_calls;
    }
    return { ...choice, index, delta, finish_reason };
  }

  #missingArguments(): readonly JsonObject[] {
    const missing = [...this.#callIds.keys()].filter((index) => !this.#argued.has(index));
    for (const index of missing) this.#argued.add(index);
    return missing.map((index) => ({ index, function: { arguments: '{}' } }));
  }

  #callPiece(delta: StreamDelta): readonly JsonObject[] {
    if (delta.type === 'tool_call_start') {
      const { id, name } = delta;
      const index = this.#callNumbers.get(delta.index);
      return [{ index, id, type: 'function', function: { name, arguments: '' } }];
    }
    if (delta.type !== 'tool_call_delta') return [];
    return [{ index: this.#callNumbers.get(delta.index), function: { arguments: delta.arguments } }];
  }
}

/** Whether the text of the first choice differs from the text that was read from it. */
function isRetold({ choices }: JsonObject, out: readonly StreamDelta[], begin: number): boolean {
  const first = arrayOf(choices).find((choice) => (recordOf(choice).index ?? 0) === 0);
  const { content } = recordOf(recordOf(first).delta);
  const read = textsOf(out.slice(begin), 'text_delta');
  return typeof content === 'string' ? content !== read : read !== '' && !Array.isArray(content);
}

function textsOf(deltas: readonly StreamDelta[], type: 'text_delta' | 'reasoning_delta'): string {
  return deltas.map((delta) => (delta.type === type ? delta.text : '')).join('');
}
