/** Reads the messages of Anthropic's wire and their blocks. */
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
  type Fields,
  InvalidField,
  lastMark,
  opaqueFromText,
  openCallId,
  readBoolean,
  readCacheMark,
  readObject,
  readString,
  readSystemMessages,
  readUrl,
  requireName,
  requireObject,
  requireString,
} from '../shared/index.ts';

/** Adds one message of the wire: two if it has tool results and text. */
export function readTurn(value: unknown, at: string, messages: Message[]): void {
  const message = asFields(value, at);
  switch (message.role) {
    case 'user':
      readUser(message.content, `${at}.content`, messages);
      return;
    case 'assistant':
      messages.push({ role: 'assistant', content: readAssistant(message.content, `${at}.content`) });
      return;
    case 'system':
      messages.push(...readTextBlocks(message.content, `${at}.content`));
      return;
    default:
      throw new InvalidField(`\`${at}.role\` must be user or assistant.`, `${at}.role`);
  }
}

/** Tool results are a separate message in the model-call form; the order is unchanged. */
function readUser(content: unknown, at: string, messages: Message[]): void {
  if (typeof content === 'string') {
    messages.push({ role: 'user', content: [{ type: 'text', text: content }] });
    return;
  }
  if (!Array.isArray(content) || content.length === 0) {
    throw new InvalidField(`\`${at}\` must be a string, or an array of blocks that is not empty.`, at);
  }
  let userParts: (TextPart | ImagePart | FilePart)[] = [];
  let results: ToolResultPart[] = [];
  const flush = (): void => {
    if (results.length > 0) messages.push({ role: 'tool', content: results });
    if (userParts.length > 0) messages.push({ role: 'user', content: userParts });
    results = [];
    userParts = [];
  };
  for (let index = 0; index < content.length; index++) {
    const path = `${at}[${index}]`;
    const block = asFields(content[index], path);
    if (block.type === 'tool_result') {
      if (userParts.length > 0) flush();
      results.push(readToolResult(block, path));
    } else {
      userParts.push(readUserBlock(block, path));
    }
  }
  flush();
}

function readToolResult(block: Fields, at: string): ToolResultPart {
  const { id: callId } = openCallId(requireString(block, 'tool_use_id', `${at}.`));
  const blocks = block.content;
  let content: (TextPart | ImagePart | FilePart)[] = [];
  if (typeof blocks === 'string') content = [{ type: 'text', text: blocks }];
  else if (Array.isArray(blocks)) {
    content = blocks.map((inner, index) =>
      readResultBlock(asFields(inner, `${at}.content[${index}]`), `${at}.content[${index}]`),
    );
  } else if (blocks !== undefined && blocks !== null) {
    throw new InvalidField(`\`${at}.content\` must be a string or an array of blocks.`, `${at}.content`);
  }
  const cache = lastMark(blocks, `${at}.content`, readCacheMark(block, `${at}.`));
  return {
    type: 'tool_result',
    callId,
    content: cache === undefined ? content : content.map(({ cache: _, ...part }) => part),
    ...(readBoolean(block, 'is_error', `${at}.`) === true ? { isError: true } : {}),
    ...(cache === undefined ? {} : { cache }),
  };
}

/** The result of a tool search: as a tool result it is the name of another tool. */
function readResultBlock(block: Fields, at: string): TextPart | ImagePart | FilePart {
  if (block.type !== 'tool_reference') return readUserBlock(block, at);
  return { type: 'text', text: requireString(block, 'tool_name', `${at}.`), ...cacheOf(block, `${at}.`) };
}

function readUserBlock(block: Fields, at: string): TextPart | ImagePart | FilePart {
  return { ...readUnmarkedBlock(block, at), ...cacheOf(block, `${at}.`) };
}

function readUnmarkedBlock(block: Fields, at: string): TextPart | ImagePart | FilePart {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: readTextBlock(block, at) };
    case 'image': {
      const { source, mediaType } = readSource(requireObject(block, 'source', `${at}.`), `${at}.source.`);
      return mediaType === undefined ? { type: 'image', source } : { type: 'image', source, mediaType };
    }
    case 'document': {
      const sourceFields = requireObject(block, 'source', `${at}.`);
      const title = readString(block, 'title', `${at}.`);
      const cites = readObject(block, 'citations', `${at}.`);
      const isCited = cites !== undefined && readBoolean(cites, 'enabled', `${at}.citations.`) === true;
      const context = readString(block, 'context', `${at}.`);
      const described = {
        ...(title === undefined ? {} : { name: title }),
        ...(isCited ? { citations: true } : {}),
        ...(context === undefined ? {} : { context }),
      };
      if (sourceFields.type === 'text') {
        const data = Buffer.from(requireString(sourceFields, 'data', `${at}.source.`)).toString('base64');
        return { type: 'file', source: { kind: 'base64', data }, mediaType: 'text/plain', ...described };
      }
      const { source, mediaType } = readSource(sourceFields, `${at}.source.`);
      return { type: 'file', source, mediaType: mediaType ?? 'application/pdf', ...described };
    }
    default:
      return unsupportedBlock(block, at);
  }
}

function readSource(source: Fields, at: string) {
  switch (source.type) {
    case 'base64': {
      const data = requireString(source, 'data', at);
      return { source: { kind: 'base64' as const, data }, mediaType: requireString(source, 'media_type', at) };
    }
    case 'url': {
      const url = readUrl(requireString(source, 'url', at), `${at}url`);
      if (url.source.kind === 'url') return url;
      throw new InvalidField(`\`${at}url\` must be an http or https URL.`, `${at}url`);
    }
    case 'file':
      throw new InvalidField('Files stored at a provider are not available on this gateway.', `${at}type`);
    default:
      throw new InvalidField(`\`${at}type\` must be base64 or url.`, `${at}type`);
  }
}

function unsupportedBlock(block: Fields, at: string): never {
  const { type } = block;
  if (typeof type !== 'string') throw new InvalidField(`\`${at}.type\` must be a string.`, `${at}.type`);
  const message = `Blocks of the type \`${type.slice(0, 64)}\` are not available here.`;
  throw new InvalidField(message, `${at}.type`, 'AI_REQUEST_UNSUPPORTED');
}

function readAssistant(content: unknown, at: string): (TextPart | ReasoningPart | ToolCallPart)[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw new InvalidField(`\`${at}\` must be a string or an array of blocks.`, at);
  return content.map((value, index) => {
    const path = `${at}[${index}]`;
    const block = asFields(value, path);
    switch (block.type) {
      case 'text':
        return { type: 'text', text: readTextBlock(block, path), ...cacheOf(block, `${path}.`) };
      case 'thinking': {
        const text = readString(block, 'thinking', `${path}.`) ?? '';
        const signature = readString(block, 'signature', `${path}.`);
        if (signature === undefined || signature === '') return { type: 'reasoning', text };
        return { type: 'reasoning', text, opaque: opaqueFromText(signature) ?? { anthropic: { signature } } };
      }
      case 'redacted_thinking': {
        const redactedData = requireString(block, 'data', `${path}.`);
        return { type: 'reasoning', text: '', opaque: { anthropic: { redactedData } } };
      }
      case 'tool_use': {
        const { id, opaque } = openCallId(requireString(block, 'id', `${path}.`));
        const call: ToolCallPart = {
          type: 'tool_call',
          id,
          name: requireName(block, `${path}.`),
          arguments: JSON.stringify(readObject(block, 'input', `${path}.`) ?? {}),
          ...cacheOf(block, `${path}.`),
        };
        return opaque === undefined ? call : { ...call, opaque };
      }
      default:
        return unsupportedBlock(block, path);
    }
  });
}

type System = Extract<Message, { role: 'system' }>;

/** The system prompt: a string, or text blocks, joined as paragraphs up to each cache mark. */
export function readTextBlocks(content: unknown, at: string): readonly System[] {
  if (typeof content === 'string') return [{ role: 'system', content }];
  if (!Array.isArray(content)) throw new InvalidField(`\`${at}\` must be a string or an array of text blocks.`, at);
  return readSystemMessages(content, at, '\n\n', readTextBlock);
}

function readTextBlock(block: Fields, at: string): string {
  if (block.type !== 'text') throw new InvalidField(`\`${at}.type\` must be text here.`, `${at}.type`);
  if (typeof block.text !== 'string') throw new InvalidField(`\`${at}.text\` must be a string.`, `${at}.text`);
  return block.text;
}
