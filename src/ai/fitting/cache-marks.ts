/**
 * Adapts the prompt-cache marks of a request (`CacheMark`) to its provider. At most four are supported: the first, which
 * different conversations share, and the last three, which the next turn reads, are sent.
 */
import type { CacheMark, Message, ModelRequest, ToolDefinition } from '../model-call/index.ts';
import type { Adaptation } from './adaptation.ts';

/** The limit of Anthropic and Bedrock. */
const maxMarks = 4;

type Markable = { readonly cache?: CacheMark };

export function hasCacheMarks(request: ModelRequest): boolean {
  if (request.cache !== undefined || request.tools?.some(({ cache }) => cache !== undefined)) return true;
  return request.messages.some(
    (message) =>
      (message.role === 'system' && message.cache !== undefined) ||
      (message.role !== 'system' && message.content.some((part) => 'cache' in part && part.cache !== undefined)),
  );
}

/** For a provider without marks. System messages that were split for their marks are joined again. */
export function withoutCacheMarks(request: ModelRequest, adaptation: Adaptation): ModelRequest {
  if (!hasCacheMarks(request)) return request;
  adaptation.omit('cache_control');
  const messages: Message[] = [];
  let isOpen = false;
  for (const message of request.messages) {
    const last = messages.at(-1);
    if (message.role === 'system') {
      const { content, cache } = message;
      if (isOpen && last?.role === 'system') {
        messages[messages.length - 1] = { role: 'system', content: `${last.content}\n\n${content}` };
      } else {
        messages.push({ role: 'system', content });
      }
      isOpen = cache !== undefined;
      continue;
    }
    isOpen = false;
    messages.push(mapMarks(message, () => undefined));
  }
  const { cache: _, tools, ...unmarked } = request;
  return {
    ...unmarked,
    messages,
    ...(tools === undefined ? {} : { tools: tools.map((tool) => withMark(tool, undefined)) }),
  };
}

/** Removes marks above the limit. */
export function limitMarks(request: ModelRequest, adaptation: Adaptation): ModelRequest {
  const limit = request.cache === undefined ? maxMarks : maxMarks - 1;
  const count = cacheMarksOf(request).length;
  if (count <= limit) return request;
  adaptation.omit(`cache_control (${count - limit} of ${count})`);
  let place = 0;
  const next = (mark: CacheMark | undefined): CacheMark | undefined => {
    if (mark === undefined) return undefined;
    const at = place++;
    return at === 0 || at > count - limit ? mark : undefined;
  };
  return mapRequest(request, next);
}

/** In the provider's order: tools, system messages, the conversation. */
export function cacheMarksOf(request: ModelRequest): readonly CacheMark[] {
  const marks: CacheMark[] = [];
  mapRequest(request, (mark) => {
    if (mark !== undefined) marks.push(mark);
    return mark;
  });
  return marks;
}

/** Replaces the marks, in that order. */
export function mapRequest(
  request: ModelRequest,
  change: (mark: CacheMark | undefined) => CacheMark | undefined,
): ModelRequest {
  const tools = request.tools?.map((tool) => withMark(tool, change(tool.cache)));
  const messages = request.messages.map((message) => mapMarks(message, change));
  return { ...request, messages, ...(tools === undefined ? {} : { tools }) };
}

function mapMarks(message: Message, change: (mark: CacheMark | undefined) => CacheMark | undefined): Message {
  switch (message.role) {
    case 'system':
      return withMark(message, change(message.cache));
    case 'user':
      return { ...message, content: message.content.map((part) => withMark(part, change(part.cache))) };
    case 'tool':
      return { ...message, content: message.content.map((part) => withMark(part, change(part.cache))) };
    default:
      return {
        ...message,
        content: message.content.map((part) => (part.type === 'reasoning' ? part : withMark(part, change(part.cache)))),
      };
  }
}

function withMark<Part extends Markable>(part: Part, mark: CacheMark | undefined): Part {
  if (part.cache === mark) return part;
  const { cache: _, ...unmarked } = part;
  return (mark === undefined ? unmarked : { ...unmarked, cache: mark }) as Part;
}

/**
 * For a provider without marks on tools: the last one moves to the end of the system messages, which follow the tools in
 * every provider's order, or to the first message of the conversation.
 */
export function moveToolMarks(request: ModelRequest): ModelRequest {
  const mark = request.tools?.findLast(({ cache }) => cache !== undefined)?.cache;
  if (mark === undefined) return request;
  const tools = (request.tools ?? []).map((tool: ToolDefinition) => withMark(tool, undefined));
  const firstTurn = request.messages.findIndex(({ role }) => role !== 'system');
  const index = firstTurn === -1 ? request.messages.length - 1 : Math.max(0, firstTurn - 1);
  const message = request.messages[index];
  if (message === undefined) return { ...request, tools };
  const messages = request.messages.with(index, markedAtEnd(message, mark));
  return { ...request, tools, messages };
}

/** Marks the last part that supports a mark, unless it has one. */
export function markedAtEnd(message: Message, mark: CacheMark): Message {
  if (message.role === 'system') return message.cache === undefined ? { ...message, cache: mark } : message;
  const parts: readonly Message['content'][number][] = message.content;
  const index = parts.findLastIndex((part) => typeof part !== 'string' && part.type !== 'reasoning');
  const part = parts[index];
  if (part === undefined || typeof part === 'string' || ('cache' in part && part.cache !== undefined)) return message;
  return { ...message, content: parts.with(index, { ...part, cache: mark } as typeof part) } as Message;
}
