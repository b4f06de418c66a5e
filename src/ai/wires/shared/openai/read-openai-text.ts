/** Reads the text parts that the OpenAI wires share. */
import type { Message } from '../../../model-call/index.ts';
import { InvalidField } from '../invalid-field.ts';
import { cacheOf, markLast, readCacheMark, readSystemMessages } from '../read-cache-mark.ts';
import { asFields, type Fields } from '../read-fields.ts';

/** The system prompt of either OpenAI wire: a message up to each cache mark. */
export function readSystemText(message: Fields, at: string): readonly Message[] {
  const { content } = message;
  if (!Array.isArray(content)) {
    return [{ role: 'system', content: readText(content, `${at}.content`), ...cacheOf(message, `${at}.`) }];
  }
  const messages = readSystemMessages(content, `${at}.content`, '', readTextPart);
  return markLast(messages, readCacheMark(message, `${at}.`));
}

/** A string, or text parts: joined. */
export function readText(content: unknown, at: string): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw new InvalidField(`\`${at}\` must be a string or an array of text parts.`, at);
  let text = '';
  for (let index = 0; index < content.length; index++) {
    text += readTextPart(asFields(content[index], `${at}[${index}]`), `${at}[${index}]`);
  }
  return text;
}

/** One text part of either OpenAI wire. */
export function readTextPart(part: Fields, at: string): string {
  if (part.type !== 'text' && part.type !== 'input_text' && part.type !== 'output_text') {
    throw new InvalidField(`\`${at}.type\` must be text here.`, `${at}.type`);
  }
  if (typeof part.text !== 'string') throw new InvalidField(`\`${at}.text\` must be a string.`, `${at}.text`);
  return part.text;
}
