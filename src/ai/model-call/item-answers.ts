/**
 * One request for several separate items: each item is a user message with an id (`Message.item`), and the answer is
 * `{ "items": [{ "index", "id", "answer" }] }`, in any order, where an entry repeats both the item's number and its id.
 *
 * A number alone is counted, not read: a model that skips an item gives every one after it its neighbour's answer, and
 * nothing shows. An id cannot be counted. An entry whose number and id do not name one item, an item that is named twice
 * and one that is not named at all have no answer here, so that nobody gets another's.
 */
import type { JsonSchema } from './json.ts';
import type { ModelRequest } from './model-request.ts';
import { arrayOf, parseJson, recordOf } from './outside-json.ts';

/** The ids of a request's items, in order; undefined where it has none. */
export function itemIdsOf({ messages }: ModelRequest): readonly string[] | undefined {
  let ids: string[] | undefined;
  for (const message of messages) {
    if (message.role !== 'user' || message.item === undefined) continue;
    ids ??= [];
    ids.push(message.item);
  }
  return ids;
}

/** The same for every number of items, so that providers which prepare a schema prepare one. */
export function itemAnswersSchema(answer: JsonSchema): JsonSchema {
  const item = {
    type: 'object',
    properties: {
      index: { type: 'integer', description: 'the number of the item' },
      id: { type: 'string', description: 'the id of the item, copied from its first line' },
      answer,
    },
    required: ['index', 'id', 'answer'],
    additionalProperties: false,
  };
  return {
    type: 'object',
    properties: { items: { type: 'array', items: item } },
    required: ['items'],
    additionalProperties: false,
  };
}

/** The schema of one item's answer in that of all. */
export function itemAnswerSchemaIn(schema: JsonSchema | undefined): JsonSchema | undefined {
  const { items } = recordOf(recordOf(schema?.properties).items);
  const { answer } = recordOf(recordOf(items).properties);
  return answer === undefined ? undefined : recordOf(answer);
}

/** @returns the answers that are certain, by their item's place; `undefined` may be one of them */
export function itemAnswers(value: unknown, ids: readonly string[]): ReadonlyMap<number, unknown> {
  const answers = new Map<number, unknown>();
  const doubtful = new Set<number>();
  const { items } = recordOf(value);
  if (!Array.isArray(items)) return answers;
  const places = new Map(ids.map((id, place) => [id, place]));
  for (const item of items) {
    const { index, id, answer } = recordOf(item);
    const numbered = typeof index === 'number' && Number.isInteger(index) && index >= 1 && index <= ids.length;
    const byNumber = numbered ? index - 1 : undefined;
    const byId = typeof id === 'string' ? places.get(id.trim()) : undefined;
    if (byNumber === byId && byId !== undefined && !answers.has(byId)) {
      answers.set(byId, answer);
      continue;
    }
    // Whichever of the two it is about, neither is certain any more.
    if (byNumber !== undefined) doubtful.add(byNumber);
    if (byId !== undefined) doubtful.add(byId);
  }
  for (const place of doubtful) answers.delete(place);
  return answers;
}

/**
 * The text of an answer without the answers that `isForeign` finds to hold what belongs to another item. What identifies
 * them stays, so that they are asked for again.
 */
export function withoutForeignAnswers(
  text: string,
  ids: readonly string[],
  isForeign: (answer: string, id: string | undefined) => boolean,
): string {
  // Some models put a code fence around it.
  const value = parseJson(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
  const items = arrayOf(recordOf(value).items).map((item) => {
    const { answer, ...identity } = recordOf(item);
    const id = ids.find((itemId) => itemId === identity.id);
    return isForeign(JSON.stringify(answer) ?? '', id) ? identity : item;
  });
  return JSON.stringify({ items });
}
