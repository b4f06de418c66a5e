/** Reads the input items of OpenAI's responses wire: a turn of several items is one message. */
import type {
  FilePart,
  ImagePart,
  Message,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../model-call/index.ts';
import {
  asFields,
  cacheOf,
  calledName,
  customArguments,
  type Fields,
  InvalidField,
  opaqueFromText,
  readArray,
  readExtraContent,
  readFile,
  readImage,
  readString,
  readSystemText,
  readText,
  readTextPart,
  refuseStoredFile,
  requireName,
  requireString,
} from '../shared/index.ts';

/** Adds the messages of `input`: a string, or items. */
export function readInput(input: unknown, messages: Message[], unmapped: string[], adapts: string[]): void {
  if (typeof input === 'string') {
    messages.push({ role: 'user', content: [{ type: 'text', text: input }] });
    return;
  }
  if (!Array.isArray(input) || input.length === 0) {
    throw new InvalidField('`input` must be a string, or an array of items that is not empty.', 'input');
  }
  for (let index = 0; index < input.length; index++) {
    readItem(asFields(input[index], `input[${index}]`), `input[${index}]`, messages, unmapped, adapts);
  }
}

function readItem(item: Fields, at: string, messages: Message[], unmapped: string[], adapts: string[]): void {
  const type = item.type ?? (item.role === undefined ? undefined : 'message');
  switch (type) {
    case 'message':
      readMessageItem(item, at, messages);
      return;
    case 'function_call': {
      const call: ToolCallPart = {
        type: 'tool_call',
        id: requireString(item, 'call_id', `${at}.`),
        name: nameOf(item, at),
        arguments: readString(item, 'arguments', `${at}.`) || '{}',
      };
      const opaque = readExtraContent(item.extra_content);
      addAssistant(messages, opaque === undefined ? call : { ...call, opaque });
      return;
    }
    case 'custom_tool_call_output':
    case 'function_call_output': {
      if (type === 'custom_tool_call_output') {
        unmapped.push(`${at} (${type})`);
        adapts.push(`${at} (${type})`);
      }
      const callId = requireString(item, 'call_id', `${at}.`);
      const content =
        typeof item.output === 'string'
          ? [{ type: 'text' as const, text: item.output }]
          : readContent(item.output, `${at}.output`);
      const result: ToolResultPart = { type: 'tool_result', callId, content };
      const last = messages.at(-1);
      // The results of one turn belong to one message.
      if (last?.role === 'tool') messages[messages.length - 1] = { role: 'tool', content: [...last.content, result] };
      else messages.push({ role: 'tool', content: [result] });
      return;
    }
    case 'custom_tool_call': {
      const input = readString(item, 'input', `${at}.`) ?? '';
      const id = requireString(item, 'call_id', `${at}.`);
      addAssistant(messages, { type: 'tool_call', id, name: nameOf(item, at), arguments: customArguments(input) });
      unmapped.push(`${at} (${type})`);
      adapts.push(`${at} (${type})`);
      return;
    }
    case 'reasoning':
      addAssistant(messages, readReasoning(item, at));
      return;
    case 'item_reference':
      throw new InvalidField('Nothing is stored on this gateway: send items whole.', `${at}.type`);
    default:
      if (typeof type !== 'string') throw new InvalidField(`\`${at}.type\` must be a string.`, `${at}.type`);
      unmapped.push(`${at} (${type.slice(0, 64)})`);
  }
}

/** The function of a namespace has a longer name. */
function nameOf(item: Fields, at: string): string {
  return calledName(readString(item, 'namespace', `${at}.`), requireName(item, `${at}.`));
}

function readMessageItem(item: Fields, at: string, messages: Message[]): void {
  const { role, content } = item;
  switch (role) {
    case 'system':
    case 'developer':
      messages.push(...readSystemText(item, at));
      return;
    case 'user':
      messages.push({ role: 'user', content: readContent(content, `${at}.content`) });
      return;
    case 'assistant':
      addAssistant(messages, { type: 'text', text: readAssistantText(content, `${at}.content`) });
      return;
    default:
      throw new InvalidField(`\`${at}.role\` must be system, developer, user or assistant.`, `${at}.role`);
  }
}

function readAssistantText(content: unknown, at: string): string {
  if (!Array.isArray(content)) return readText(content, at);
  let text = '';
  for (let index = 0; index < content.length; index++) {
    const part = asFields(content[index], `${at}[${index}]`);
    text +=
      part.type === 'refusal'
        ? requireString(part, 'refusal', `${at}[${index}].`)
        : readTextPart(part, `${at}[${index}]`);
  }
  return text;
}

/** A turn of the assistant is one message, with any number of items. */
function addAssistant(messages: Message[], part: TextPart | ReasoningPart | ToolCallPart): void {
  const last = messages.at(-1);
  if (last?.role === 'assistant') {
    messages[messages.length - 1] = { role: 'assistant', content: [...last.content, part] };
  } else {
    messages.push({ role: 'assistant', content: [part] });
  }
}

function readReasoning(item: Fields, at: string): ReasoningPart {
  let text = '';
  for (const name of ['summary', 'content']) {
    for (const value of readArray(item, name, `${at}.`) ?? []) {
      const part = asFields(value, `${at}.${name}`);
      if (typeof part.text === 'string') text += text === '' ? part.text : `\n\n${part.text}`;
    }
  }
  const encrypted = readString(item, 'encrypted_content', `${at}.`);
  if (encrypted === undefined) return { type: 'reasoning', text };
  const id = readString(item, 'id', `${at}.`) ?? '';
  const opaque = opaqueFromText(encrypted) ?? { id, encrypted_content: encrypted };
  return { type: 'reasoning', text, opaque };
}

function readContent(content: unknown, at: string): (TextPart | ImagePart | FilePart)[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content) || content.length === 0) {
    throw new InvalidField(`\`${at}\` must be a string or an array of parts.`, at);
  }
  return content.map((value, index) => {
    const path = `${at}[${index}]`;
    const part = asFields(value, path);
    switch (part.type) {
      case 'input_text':
      case 'output_text':
        return { type: 'text', text: readTextPart(part, path), ...cacheOf(part, `${path}.`) };
      case 'input_image':
        refuseStoredFile(part, `${path}.`);
        return { ...readImage(part.image_url, part.detail, `${path}.image_url`), ...cacheOf(part, `${path}.`) };
      case 'input_file': {
        refuseStoredFile(part, `${path}.`);
        const name = readString(part, 'filename', `${path}.`);
        return readFile(part.file_data ?? part.file_url, name, `${path}.file_data`);
      }
      default:
        throw new InvalidField(`\`${path}.type\` must be input_text, input_image or input_file.`, `${path}.type`);
    }
  });
}
