/**
 * A request for several separate items: each item is a user message with an id (`Message.item`), and the answer is `{
 * "items": [{ "index", "id", "answer" }] }`, in any order, where an entry repeats both the item's number and its id.
 *
 * Models count the numbers instead of copying them: a model that skips an item shifts the numbers of all later items,
 * and nothing shows it. Ids cannot be counted. An entry whose number and id do not match, an item with two entries and
 * an item without one have no answer here, so that no item gets another's answer.
 */
import type { JsonSchema } from './json.ts';
import type { ModelRequest } from './model-request.ts';
import { arrayOf, parseJson, recordOf } from './outside-json.ts';

/** The ids of a request's items, in order; undefined if it has none. */
export function itemIdsOf({ messages }: ModelRequest): readonly string[] | undefined {
  let ids: string[] | undefined;
  for (const message of messages) {
    if (message.role !== 'user' || message.item === undefined) continue;
    ids ??= [];
    ids.push(message.item);
  }
  return ids;
}

/** Independent of the number of items, so that providers which compile schemas compile only one. */
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

/** The schema of one item's answer within the schema of all. */
export function itemAnswerSchemaIn(schema: JsonSchema | undefined): JsonSchema | undefined {
  const { items } = recordOf(recordOf(schema?.properties).items);
  const { answer } = recordOf(recordOf(items).properties);
  return answer === undefined ? undefined : recordOf(answer);
}

/** @returns the unambiguous answers by the item's position; `undefined` may be an answer */
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
    // The entry is ambiguous: neither of the two items can be trusted.
    if (byNumber !== undefined) doubtful.add(byNumber);
    if (byId !== undefined) doubtful.add(byId);
  }
  for (const place of doubtful) answers.delete(place);
  return answers;
}

/**
 * Removes from the text of an answer those item answers for which `isForeign` is true: they contain another item's
 * data. The number and id remain, so that the items are requested again.
 */
export function withoutForeignAnswers(
  text: string,
  ids: readonly string[],
  isForeign: (answer: string, id: string | undefined) => boolean,
): string {
  // Some models put a code fence around the JSON.
  const value = parseJson(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
  const items = arrayOf(recordOf(value).items).map((item) => {
    const { answer, ...identity } = recordOf(item);
    const id = ids.find((itemId) => itemId === identity.id);
    return isForeign(JSON.stringify(answer) ?? '', id) ? identity : item;
  });
  return JSON.stringify({ items });
}
