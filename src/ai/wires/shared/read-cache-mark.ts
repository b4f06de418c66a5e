/**
 * Reads prompt-cache marks, `cache_control`, as Anthropic's wire has them and clients of OpenAI's chat wire write them
 * for the same models (LiteLLM, OpenRouter, the AI SDK): on parts, messages and tools.
 */
import type { CacheMark, Message } from '../../model-call/index.ts';
import { asFields, type Fields, readObject, readOneOf } from './read-fields.ts';

type Marked = { readonly cache?: CacheMark };

/** @throws InvalidField */
export function readCacheMark(fields: Fields, at: string): CacheMark | undefined {
  const mark = readObject(fields, 'cache_control', at);
  if (mark === undefined) return undefined;
  readOneOf(mark, 'type', ['ephemeral'] as const, `${at}cache_control.`);
  return { ttl: readOneOf(mark, 'ttl', ['5m', '1h'] as const, `${at}cache_control.`) ?? '5m' };
}

/** For spreading into the marked object. @param at with its dot: `messages[0].` */
export function cacheOf(fields: Fields, at: string): Marked {
  const cache = readCacheMark(fields, at);
  return cache === undefined ? {} : { cache };
}

/** The last of several marks; a mark inside an object that can only be marked as a whole marks that object. */
export function lastMark(blocks: unknown, at: string, mark: CacheMark | undefined): CacheMark | undefined {
  if (mark !== undefined || !Array.isArray(blocks)) return mark;
  let last: CacheMark | undefined;
  for (let index = 0; index < blocks.length; index++) {
    const path = `${at}[${index}]`;
    last = readCacheMark(asFields(blocks[index], path), `${path}.`) ?? last;
  }
  return last;
}

/** Marks the last part, if it has no mark. */
export function markLast<Part extends object>(parts: readonly Part[], mark: CacheMark | undefined): readonly Part[] {
  const last = parts.at(-1);
  if (mark === undefined || last === undefined || 'cache' in last) return parts;
  return parts.with(-1, { ...last, cache: mark });
}

/**
 * The system messages, split after each mark: a cached prefix ends with a message. Without marks it is one.
 *
 * @param joint the separator between two blocks
 * @param read reads the text of a block
 */
export function readSystemMessages(
  content: readonly unknown[],
  at: string,
  joint: string,
  read: (block: Fields, at: string) => string,
): Extract<Message, { role: 'system' }>[] {
  const messages: Extract<Message, { role: 'system' }>[] = [];
  let texts: string[] = [];
  const end = (mark: Marked): void => {
    messages.push({ role: 'system', content: texts.join(joint), ...mark });
    texts = [];
  };
  for (let index = 0; index < content.length; index++) {
    const path = `${at}[${index}]`;
    const block = asFields(content[index], path);
    texts.push(read(block, path));
    const mark = cacheOf(block, `${path}.`);
    if (mark.cache !== undefined) end(mark);
  }
  if (texts.length > 0 || messages.length === 0) end({});
  return messages;
}
