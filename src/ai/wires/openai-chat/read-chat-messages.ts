/** Reads the messages of OpenAI's chat completions wire. */

import type { FilePart, ImagePart, Message, TextPart, ToolCallPart, ToolResultPart } from '../../model-call/index.ts';
import {
  asFields,
  cacheOf,
  customArguments,
  type Fields,
  InvalidField,
  isFields,
  lastMark,
  markLast,
  readArray,
  readCacheMark,
  readExtraContent,
  readFile,
  readImage,
  readSound,
  readString,
  readSystemText,
  readText,
  readTextPart,
  refuseStoredFile,
  requireName,
  requireObject,
  requireString,
} from '../shared/index.ts';

/** Adds one message of the wire. */
export function readChatMessage(
  value: unknown,
  at: string,
  messages: Message[],
  unmapped: string[],
  adapts: string[],
): void {
  const message = asFields(value, at);
  switch (message.role) {
    case 'system':
    case 'developer':
      messages.push(...readSystemText(message, at));
      return;
    case 'user': {
      const content = readUserContent(message.content, `${at}.content`);
      messages.push({ role: 'user', content: markLast(content, readCacheMark(message, `${at}.`)) });
      return;
    }
    case 'assistant': {
      const content = readAssistant(message, at, unmapped, adapts);
      messages.push({ role: 'assistant', content: markLast(content, readCacheMark(message, `${at}.`)) });
      return;
    }
    case 'tool': {
      const callId = requireString(message, 'tool_call_id', `${at}.`);
      const content = readResult(message.content, `${at}.content`);
      const cache = lastMark(message.content, `${at}.content`, readCacheMark(message, `${at}.`));
      const result = { type: 'tool_result' as const, callId, content, ...(cache === undefined ? {} : { cache }) };
      const last = messages.at(-1);
      // The results of one turn belong to one message.
      if (last?.role === 'tool') messages[messages.length - 1] = { role: 'tool', content: [...last.content, result] };
      else messages.push({ role: 'tool', content: [result] });
      return;
    }
    case 'function':
      unmapped.push(`${at} (role function)`);
      return;
    default:
      throw new InvalidField(`\`${at}.role\` must be system, developer, user, assistant or tool.`, `${at}.role`);
  }
}

/** OpenAI's own endpoint only accepts text here; others, and their clients, also images. */
function readResult(content: unknown, at: string): ToolResultPart['content'] {
  const isMedia = (part: unknown): boolean => isFields(part) && (part.type === 'image_url' || part.type === 'file');
  if (Array.isArray(content) && content.some(isMedia)) return readUserContent(content, at);
  return [{ type: 'text', text: readText(content, at) }];
}

function readUserContent(content: unknown, at: string): (TextPart | ImagePart | FilePart)[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content) || content.length === 0) {
    throw new InvalidField(`\`${at}\` must be a string or an array of parts.`, at);
  }
  return content.map((value, index) => {
    const path = `${at}[${index}]`;
    const part = asFields(value, path);
    switch (part.type) {
      case 'text':
        return { type: 'text', text: readTextPart(part, path), ...cacheOf(part, `${path}.`) };
      case 'image_url': {
        const image = requireObject(part, 'image_url', `${path}.`);
        return { ...readImage(image.url, image.detail, `${path}.image_url.url`), ...cacheOf(part, `${path}.`) };
      }
      case 'input_audio': {
        const sound = requireObject(part, 'input_audio', `${path}.`);
        return readSound(sound.data, sound.format, `${path}.input_audio`);
      }
      case 'file': {
        const file = requireObject(part, 'file', `${path}.`);
        refuseStoredFile(file, `${path}.file.`);
        const name = readString(file, 'filename', `${path}.file.`);
        return { ...readFile(file.file_data, name, `${path}.file.file_data`), ...cacheOf(part, `${path}.`) };
      }
      default:
        throw new InvalidField(`\`${path}.type\` must be text, image_url, input_audio or file.`, `${path}.type`);
    }
  });
}

function readAssistant(message: Fields, at: string, unmapped: string[], adapts: string[]): (TextPart | ToolCallPart)[] {
  const content: (TextPart | ToolCallPart)[] = [];
  const turns = message.content ?? message.refusal;
  if (typeof turns === 'string') {
    if (turns !== '') content.push({ type: 'text', text: turns });
  } else if (Array.isArray(turns)) {
    for (let index = 0; index < turns.length; index++) {
      const path = `${at}.content[${index}]`;
      const part = asFields(turns[index], path);
      const text = part.type === 'refusal' ? requireString(part, 'refusal', `${path}.`) : readTextPart(part, path);
      content.push({ type: 'text', text, ...cacheOf(part, `${path}.`) });
    }
  } else if (turns !== undefined && turns !== null) {
    throw new InvalidField(`\`${at}.content\` must be a string or an array of parts.`, `${at}.content`);
  }
  if (isFields(message.audio)) unmapped.push(`${at}.audio`);
  if (isFields(message.function_call)) unmapped.push(`${at}.function_call`);
  const calls = readArray(message, 'tool_calls', `${at}.`) ?? [];
  for (let index = 0; index < calls.length; index++) {
    const path = `${at}.tool_calls[${index}]`;
    const call = asFields(calls[index], path);
    if (call.type === 'custom') {
      const custom = requireObject(call, 'custom', `${path}.`);
      const input = readString(custom, 'input', `${path}.custom.`) ?? '';
      content.push({
        type: 'tool_call',
        id: requireString(call, 'id', `${path}.`),
        name: requireName(custom, `${path}.custom.`),
        arguments: customArguments(input),
      });
      unmapped.push(`${path} (custom)`);
      adapts.push(`${path} (custom)`);
      continue;
    }
    const called = requireObject(call, 'function', `${path}.`);
    const part: ToolCallPart = {
      type: 'tool_call',
      id: requireString(call, 'id', `${path}.`),
      name: requireName(called, `${path}.function.`),
      arguments: readString(called, 'arguments', `${path}.function.`) || '{}',
    };
    const opaque = readExtraContent(call.extra_content);
    const marked = { ...part, ...cacheOf(call, `${path}.`) };
    content.push(opaque === undefined ? marked : { ...marked, opaque });
  }
  return content;
}
