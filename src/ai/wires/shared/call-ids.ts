/**
 * Converts the ids of tool calls to the format that a provider accepts. A conversation may have ids of other providers
 * (`functions.search:0` of Kimi, ids of hundreds of characters), which Anthropic, Bedrock, Mistral and OpenAI refuse.
 * Such an id is replaced by one derived from it, equal in the call, in its result and in every request; the client's
 * conversation is not affected.
 */
import { hash } from 'node:crypto';
import type { JsonObject, Message, ModelRequest, Wire } from '../../model-call/index.ts';
import { isRecord } from '../../model-call/index.ts';

export interface CallIdForm {
  readonly takes: RegExp;
  /** The number of the hash's hexadecimal digits. */
  make(digits: string): string;
  /** Whether ids must be unique in a conversation; some providers restart their numbers in each turn. */
  readonly isUnique?: true;
}

const long = { make: (digits: string) => `call_${digits.slice(0, 32)}` };
export const plain: CallIdForm = { takes: /^[\w-]{1,64}$/, ...long, isUnique: true };
export const anyUpTo64: CallIdForm = { takes: /^.{1,64}$/s, ...long };
/** Chat completions on OpenAI's own hosts. */
const anyUpTo40: CallIdForm = { takes: /^.{1,40}$/s, make: (digits) => `call_${digits.slice(0, 24)}` };
export const nineCharacters: CallIdForm = { takes: /^[A-Za-z0-9]{9}$/, make: (digits) => digits.slice(0, 9) };

/** Self-hosted servers of the OpenAI wires accept any characters, and some models only accept the ids they wrote. */
export function callIdFormAt(hostname: string, wire: Wire): CallIdForm {
  if (hostname === 'api.mistral.ai') return nineCharacters;
  const isOpenAi = /(?:^|\.)(?:openai\.com|azure\.com)$/.test(hostname);
  return isOpenAi && wire === 'openai-chat' ? anyUpTo40 : anyUpTo64;
}

function normalisedId(id: string, { takes, make }: CallIdForm): string {
  return takes.test(id) ? id : make(hash('sha256', id, 'hex'));
}

/** Returns the same request if its provider accepts every id. */
export function withCallIds(request: ModelRequest, form: CallIdForm): ModelRequest {
  const names = new CallNames(form);
  const messages = mapped(request.messages, (message): Message => {
    if (message.role === 'assistant') {
      const content = mapped(message.content, (part) => {
        if (part.type !== 'tool_call') return part;
        const id = names.ofCall(part.id);
        return id === part.id ? part : { ...part, id };
      });
      return content === message.content ? message : { ...message, content };
    }
    if (message.role !== 'tool') return message;
    const content = mapped(message.content, (result) => {
      const callId = names.ofResult(result.callId);
      return callId === result.callId ? result : { ...result, callId };
    });
    return content === message.content ? message : { ...message, content };
  });
  return messages === request.messages ? request : { ...request, messages };
}

/** The ids of one conversation, in order: a call with a duplicate id gets a new one, and so does its result. */
class CallNames {
  readonly #form: CallIdForm;
  readonly #counts = new Map<string, number>();
  /** By id, the ids of calls whose results are outstanding. */
  readonly #open = new Map<string, string[]>();
  /** By id, the id of the last result: another result of the same call is another part of it. */
  readonly #last = new Map<string, string>();

  constructor(form: CallIdForm) {
    this.#form = form;
  }

  ofCall(id: string): string {
    if (this.#form.isUnique !== true) return normalisedId(id, this.#form);
    const count = (this.#counts.get(id) ?? 0) + 1;
    this.#counts.set(id, count);
    const name = count === 1 ? normalisedId(id, this.#form) : this.#form.make(hash('sha256', `${count} ${id}`, 'hex'));
    const open = this.#open.get(id);
    if (open === undefined) this.#open.set(id, [name]);
    else open.push(name);
    return name;
  }

  ofResult(id: string): string {
    const name = this.#open.get(id)?.shift() ?? this.#last.get(id) ?? normalisedId(id, this.#form);
    this.#last.set(id, name);
    return name;
  }
}

/** The same for a body that is forwarded unchanged. */
export function withBodyCallIds(body: JsonObject, wire: Wire, form: CallIdForm): JsonObject {
  const list = wire === 'openai-chat' ? 'messages' : 'input';
  const entries = body[list];
  if (!Array.isArray(entries)) return body;
  const items = mapped(entries as readonly unknown[], (item) => {
    if (!isRecord(item)) return item;
    if (wire === 'openai-responses') return withId(item, 'call_id', form);
    const renamed = withId(item, 'tool_call_id', form);
    if (!Array.isArray(renamed.tool_calls)) return renamed;
    const calls = mapped(renamed.tool_calls as readonly unknown[], (call) =>
      isRecord(call) ? withId(call, 'id', form) : call,
    );
    return calls === renamed.tool_calls ? renamed : { ...renamed, tool_calls: calls };
  });
  return items === entries ? body : { ...body, [list]: items };
}

function withId(fields: JsonObject, name: string, form: CallIdForm): JsonObject {
  const id = fields[name];
  if (typeof id !== 'string' || id === '' || form.takes.test(id)) return fields;
  return { ...fields, [name]: normalisedId(id, form) };
}

/** Returns the same list if no item changes. */
function mapped<Item>(items: readonly Item[], change: (item: Item) => Item): readonly Item[] {
  let changed: Item[] | undefined;
  for (let index = 0; index < items.length; index++) {
    const item = items[index] as Item;
    const replacement = change(item);
    if (replacement === item) continue;
    changed ??= [...items];
    changed[index] = replacement;
  }
  return changed ?? items;
}
