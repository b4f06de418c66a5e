/** The messages of Anthropic's wire and their blocks, read into the one form. */
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

/** Adds one message of the wire: two where it holds tool results and words. */
export function readTurn(given: unknown, at: string, messages: Message[]): void {
  const message = asFields(given, at);
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

/** Tool results are a message of their own in the one form; the order stays. */
function readUser(content: unknown, at: string, messages: Message[]): void {
  if (typeof content === 'string') {
    messages.push({ role: 'user', content: [{ type: 'text', text: content }] });
    return;
  }
  if (!Array.isArray(content) || content.length === 0) {
    throw new InvalidField(`\`${at}\` must be a string, or an array of blocks that is not empty.`, at);
  }
  let said: (TextPart | ImagePart | FilePart)[] = [];
  let results: ToolResultPart[] = [];
  const flush = (): void => {
    if (results.length > 0) messages.push({ role: 'tool', content: results });
    if (said.length > 0) messages.push({ role: 'user', content: said });
    results = [];
    said = [];
  };
  for (let index = 0; index < content.length; index++) {
    const here = `${at}[${index}]`;
    const block = asFields(content[index], here);
    if (block.type === 'tool_result') {
      if (said.length > 0) flush();
      results.push(readToolResult(block, here));
    } else {
      said.push(readUserBlock(block, here));
    }
  }
  flush();
}

function readToolResult(block: Fields, at: string): ToolResultPart {
  const { id: callId } = openCallId(requireString(block, 'tool_use_id', `${at}.`));
  const given = block.content;
  let content: (TextPart | ImagePart | FilePart)[] = [];
  if (typeof given === 'string') content = [{ type: 'text', text: given }];
  else if (Array.isArray(given)) {
    content = given.map((inner, index) =>
      readResultBlock(asFields(inner, `${at}.content[${index}]`), `${at}.content[${index}]`),
    );
  } else if (given !== undefined && given !== null) {
    throw new InvalidField(`\`${at}.content\` must be a string or an array of blocks.`, `${at}.content`);
  }
  const cache = lastMark(given, `${at}.content`, readCacheMark(block, `${at}.`));
  return {
    type: 'tool_result',
    callId,
    content: cache === undefined ? content : content.map(({ cache: _, ...part }) => part),
    ...(readBoolean(block, 'is_error', `${at}.`) === true ? { isError: true } : {}),
    ...(cache === undefined ? {} : { cache }),
  };
}

/** What a tool that looks for tools found: in the answer of a tool it is the name of another. */
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
      const given = requireObject(block, 'source', `${at}.`);
      const title = readString(block, 'title', `${at}.`);
      const cites = readObject(block, 'citations', `${at}.`);
      const isCited = cites !== undefined && readBoolean(cites, 'enabled', `${at}.citations.`) === true;
      const context = readString(block, 'context', `${at}.`);
      const named = {
        ...(title === undefined ? {} : { name: title }),
        ...(isCited ? { citations: true } : {}),
        ...(context === undefined ? {} : { context }),
      };
      if (given.type === 'text') {
        const data = Buffer.from(requireString(given, 'data', `${at}.source.`)).toString('base64');
        return { type: 'file', source: { kind: 'base64', data }, mediaType: 'text/plain', ...named };
      }
      const { source, mediaType } = readSource(given, `${at}.source.`);
      return { type: 'file', source, mediaType: mediaType ?? 'application/pdf', ...named };
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
  return content.map((given, index) => {
    const here = `${at}[${index}]`;
    const block = asFields(given, here);
    switch (block.type) {
      case 'text':
        return { type: 'text', text: readTextBlock(block, here), ...cacheOf(block, `${here}.`) };
      case 'thinking': {
        const text = readString(block, 'thinking', `${here}.`) ?? '';
        const signature = readString(block, 'signature', `${here}.`);
        if (signature === undefined || signature === '') return { type: 'reasoning', text };
        return { type: 'reasoning', text, opaque: opaqueFromText(signature) ?? { anthropic: { signature } } };
      }
      case 'redacted_thinking': {
        const redactedData = requireString(block, 'data', `${here}.`);
        return { type: 'reasoning', text: '', opaque: { anthropic: { redactedData } } };
      }
      case 'tool_use': {
        const { id, opaque } = openCallId(requireString(block, 'id', `${here}.`));
        const call: ToolCallPart = {
          type: 'tool_call',
          id,
          name: requireName(block, `${here}.`),
          arguments: JSON.stringify(readObject(block, 'input', `${here}.`) ?? {}),
          ...cacheOf(block, `${here}.`),
        };
        return opaque === undefined ? call : { ...call, opaque };
      }
      default:
        return unsupportedBlock(block, here);
    }
  });
}

type System = Extract<Message, { role: 'system' }>;

/** The system's words: a string, or text blocks, joined as paragraphs up to each mark. */
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
