/**
 * What is passed on of a chat completions stream is of that wire, whatever the endpoint that speaks it left out. OpenAI's
 * own client refuses a stream whose first delta has no role, whose calls lack a type, an id or an index, or begin to
 * count at 1; Mistral, Anthropic's compatible endpoint and several servers send such. A chunk that is well-formed passes
 * as its bytes; another is written anew with what it lacks; an event that is no chunk (a ping, something newer) is passed
 * over.
 */
import { newId } from '../../../lib/index.ts';
import type { JsonObject, StreamDelta } from '../../model-call/index.ts';
import { arrayOf, isRecord, recordOf, textIn } from '../../model-call/index.ts';
import { normaliseUsage } from '../shared/index.ts';
import { chatUsageIn, isLegacyCall } from './chat-usage.ts';
import { readFinishReason } from './read-chat-message.ts';

/** What `finish_reason` can be; anything else is a word of the endpoint's own. */
const finishReasons: ReadonlySet<unknown> = new Set([
  'stop',
  'length',
  'tool_calls',
  'content_filter',
  'function_call',
]);

/** A finish reason in the wire's own words. */
export function normaliseFinishReason(reason: unknown): string | null {
  if (finishReasons.has(reason)) return reason as string;
  const read = readFinishReason(reason);
  return read === 'refusal' ? 'content_filter' : (read ?? null);
}

export function isFinishReason(reason: unknown): boolean {
  return finishReasons.has(reason);
}

export class ChatChunkNormaliser {
  /** The choices whose role was told. */
  readonly #begun = new Set<unknown>();
  /** The ids of the first choice's calls, by the number that the client reads. */
  readonly #callIds: string[] = [];
  /** That number, by the part's index. */
  readonly #callNumbers = new Map<number, number>();
  /** The numbers of calls whose arguments have begun. */
  readonly #argued = new Set<number>();
  /** Whether calls come under their older name: they pass as they are. */
  #isLegacy = false;
  /** Whether the text of the chunk at hand is not what was read of it. */
  #isRetold = false;
  #head: { readonly id: string; readonly created: number; readonly model: string } | undefined;

  /**
   * @param data the event as it came
   * @param chunk `data`, parsed
   * @param out what was read of it, from `begin` on
   * @param mayThink whether its text may be thinking between tags: what it comes to is in `out`
   * @returns what is passed on; `undefined`: nothing
   */
  pass(
    data: string,
    chunk: JsonObject,
    out: readonly StreamDelta[],
    begin: number,
    mayThink: boolean,
  ): string | undefined {
    this.#isRetold = mayThink && isRetold(chunk, out, begin);
    const isWell = this.#isWell(chunk) && !this.#isRetold;
    if (!this.#isLegacy) for (let at = begin; at < out.length; at++) this.#note(out[at] as StreamDelta);
    if (isWell && !this.#owesArguments(chunk)) {
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

  /** Whether the first choice finishes with a call that has no arguments: their text would be no JSON. */
  #owesArguments({ choices }: JsonObject): boolean {
    if (this.#callIds.length === this.#argued.size) return false;
    return arrayOf(choices).some((choice) => {
      const { index, finish_reason: reason } = recordOf(choice);
      return (index ?? 0) === 0 && textIn(reason) !== undefined;
    });
  }

  #isWell(chunk: JsonObject): boolean {
    const { id, created, model, object, choices, usage } = chunk;
    if (normaliseUsage(usage) !== usage || (!isRecord(usage) && chatUsageIn(chunk) !== undefined)) return false;
    if (typeof id !== 'string' || typeof model !== 'string' || typeof object !== 'string') return false;
    if (typeof created !== 'number' || !Array.isArray(choices)) return false;
    for (let at = 0; at < choices.length; at++) if (!this.#isWellChoice(choices[at])) return false;
    return true;
  }

  #isWellChoice(choice: unknown): boolean {
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
    return Array.isArray(calls) && this.#areWellCalls(calls);
  }

  #areWellCalls(calls: readonly unknown[]): boolean {
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

/** Whether the text of the first choice is not the text that was read of it. */
function isRetold({ choices }: JsonObject, out: readonly StreamDelta[], begin: number): boolean {
  const first = arrayOf(choices).find((choice) => (recordOf(choice).index ?? 0) === 0);
  const { content } = recordOf(recordOf(first).delta);
  const read = textsOf(out.slice(begin), 'text_delta');
  return typeof content === 'string' ? content !== read : read !== '' && !Array.isArray(content);
}

function textsOf(deltas: readonly StreamDelta[], type: 'text_delta' | 'reasoning_delta'): string {
  return deltas.map((delta) => (delta.type === type ? delta.text : '')).join('');
}
