/**
 * Marks of what a provider is to keep of a request (`CacheMark`), for the providers that take them and those that do not.
 * At most four are taken: the first, which different conversations share, and the last three, which the next turn reads.
 */
import type { CacheMark, Message, ModelRequest, ToolDefinition } from '../model-call/index.ts';
import type { Adaptation } from './adaptation.ts';

/** What Anthropic and Bedrock take. */
const mostMarks = 4;

type Marked = { readonly cache?: CacheMark };

export function hasCacheMarks(request: ModelRequest): boolean {
  if (request.cache !== undefined || request.tools?.some(({ cache }) => cache !== undefined)) return true;
  return request.messages.some(
    (message) =>
      (message.role === 'system' && message.cache !== undefined) ||
      (message.role !== 'system' && message.content.some((part) => 'cache' in part && part.cache !== undefined)),
  );
}

/** For a provider that takes none. What one system message was before its marks is one again. */
export function withoutCacheMarks(request: ModelRequest, adaptation: Adaptation): ModelRequest {
  if (!hasCacheMarks(request)) return request;
  adaptation.leaveOut('cache_control');
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
  const { cache: _, tools, ...rest } = request;
  return {
    ...rest,
    messages,
    ...(tools === undefined ? {} : { tools: tools.map((tool) => withMark(tool, undefined)) }),
  };
}

/** No more marks than are taken. */
export function withinMarks(request: ModelRequest, adaptation: Adaptation): ModelRequest {
  const most = request.cache === undefined ? mostMarks : mostMarks - 1;
  const count = cacheMarksOf(request).length;
  if (count <= most) return request;
  adaptation.leaveOut(`cache_control (${count - most} of ${count})`);
  let place = 0;
  const next = (mark: CacheMark | undefined): CacheMark | undefined => {
    if (mark === undefined) return undefined;
    const at = place++;
    return at === 0 || at > count - most ? mark : undefined;
  };
  return mapRequest(request, next);
}

/** In the order a provider reads: tools, the system's words, the conversation. */
export function cacheMarksOf(request: ModelRequest): readonly CacheMark[] {
  const marks: CacheMark[] = [];
  mapRequest(request, (mark) => {
    if (mark !== undefined) marks.push(mark);
    return mark;
  });
  return marks;
}

/** Changes the marks, in that order. */
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

function withMark<Part extends Marked>(part: Part, mark: CacheMark | undefined): Part {
  if (part.cache === mark) return part;
  const { cache: _, ...rest } = part;
  return (mark === undefined ? rest : { ...rest, cache: mark }) as Part;
}

/**
 * For a provider whose tools take no mark: theirs moves to the end of the system's words, before which every provider
 * reads the tools, or to the conversation's first message.
 */
export function marksOffTools(request: ModelRequest): ModelRequest {
  const mark = request.tools?.findLast(({ cache }) => cache !== undefined)?.cache;
  if (mark === undefined) return request;
  const tools = (request.tools ?? []).map((tool: ToolDefinition) => withMark(tool, undefined));
  const spoken = request.messages.findIndex(({ role }) => role !== 'system');
  const place = spoken === -1 ? request.messages.length - 1 : Math.max(0, spoken - 1);
  const marked = request.messages[place];
  if (marked === undefined) return { ...request, tools };
  const messages = request.messages.with(place, markedAtEnd(marked, mark));
  return { ...request, tools, messages };
}

/** The last part that can be marked, where it is not yet. */
export function markedAtEnd(message: Message, mark: CacheMark): Message {
  if (message.role === 'system') return message.cache === undefined ? { ...message, cache: mark } : message;
  const parts: readonly Message['content'][number][] = message.content;
  const index = parts.findLastIndex((part) => typeof part !== 'string' && part.type !== 'reasoning');
  const part = parts[index];
  if (part === undefined || typeof part === 'string' || ('cache' in part && part.cache !== undefined)) return message;
  return { ...message, content: parts.with(index, { ...part, cache: mark } as typeof part) } as Message;
}
