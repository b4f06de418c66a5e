/**
 * Writes the conversation on Anthropic's wire: alternating turns of user and assistant, so that consecutive messages of
 * one role are merged. Tool results belong to the user's turn. System messages at the start are `system`; later ones
 * stay in place.
 *
 * Thinking of another provider's model is omitted: the API only accepts its own signatures.
 */
import { unreachable } from '../../../lib/index.ts';
import type {
  CacheMark,
  FilePart,
  ImagePart,
  JsonObject,
  Message,
  ReasoningPart,
  ToolCallPart,
  ToolResultPart,
} from '../../model-call/index.ts';
import { isRecord, parseJson, recordOf, textIn } from '../../model-call/index.ts';
import { cacheControl, invalidRequest } from './cache-control.ts';
import { writeMedia } from './write-messages-media.ts';

type Role = 'system' | 'user' | 'assistant';

interface Turn {
  readonly role: Role;
  readonly content: JsonObject[];
}

export interface Conversation {
  readonly system?: readonly JsonObject[];
  readonly messages: readonly Turn[];
}

/** @param betas beta features that the conversation needs are added to it */
export function writeConversation(messages: readonly Message[], betas: Set<string>): Conversation {
  let system: JsonObject[] | undefined;
  const turns: Turn[] = [];
  const calls = new Set<string>();
  let last: Message['role'] | undefined;
  for (const [index, message] of messages.entries()) {
    const follows = last !== undefined && roleOf(last) === roleOf(message.role);
    last = message.role;
    if (message.role === 'system') {
      const block = { type: 'text', text: message.content, ...marked(message.cache) };
      if (system === undefined || (follows && turns.at(-1)?.role !== 'system')) {
        system ??= [];
        system.push(block);
        continue;
      }
      betas.add('mid-conversation-system-2026-04-07');
      turns.push({ role: 'system', content: [block] });
      continue;
    }
    const isLast = index === messages.length - 1;
    const content = writeBlocks(message, calls, isLast, betas);
    const open = turns.at(-1);
    if (follows && open?.role === roleOf(message.role)) open.content.push(...content);
    else turns.push({ role: roleOf(message.role), content });
  }
  return {
    ...(system === undefined ? {} : { system }),
    messages: turns
      .filter(({ role, content }) => role !== 'assistant' || content.length > 0)
      .map((turn) => (turn.role === 'assistant' ? { ...turn, content: withCallsLast(turn.content) } : turn)),
  };
}

function roleOf(role: Message['role']): Role {
  return role === 'tool' ? 'user' : role;
}

function writeBlocks(
  message: Exclude<Message, { role: 'system' }>,
  calls: Set<string>,
  isLast: boolean,
  betas: Set<string>,
): JsonObject[] {
  switch (message.role) {
    case 'user':
      return message.content.map((part) =>
        part.type === 'text'
          ? { type: 'text', text: part.text, ...marked(part.cache) }
          : { ...writeMedia(part, betas), ...describedAs(part), ...marked(part.cache) },
      );
    case 'tool':
      return message.content.map((result) => writeResult(result, calls, betas));
    case 'assistant':
      return writeAssistant(message.content, calls, isLast);
    default:
      return unreachable(message);
  }
}

/** A document's title, context and citation setting. */
function describedAs(part: ImagePart | FilePart): JsonObject {
  if (part.type === 'image') return {};
  return {
    ...(part.name === undefined ? {} : { title: part.name }),
    ...(part.context === undefined || part.context === '' ? {} : { context: part.context }),
    ...(part.citations === true ? { citations: { enabled: true } } : {}),
  };
}

function writeResult(result: ToolResultPart, calls: ReadonlySet<string>, betas: Set<string>): JsonObject {
  const { callId, content, isError } = result;
  if (result.name === undefined && !calls.has(callId)) {
    throw invalidRequest(`the tool result "${callId}" answers no tool call`);
  }
  const isText = content.every(({ type }) => type === 'text');
  return {
    type: 'tool_result',
    tool_use_id: callId,
    content: isText
      ? content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
      : content.map((part) => (part.type === 'text' ? { type: 'text', text: part.text } : writeMedia(part, betas))),
    ...(isError === true ? { is_error: true } : {}),
    ...marked(result.cache),
  };
}

function writeAssistant(
  parts: Extract<Message, { role: 'assistant' }>['content'],
  calls: Set<string>,
  isLast: boolean,
): JsonObject[] {
  const blocks: JsonObject[] = [];
  // The API refuses empty texts, and trailing white space in a text that the model continues.
  const content = parts.filter((part) => part.type !== 'text' || part.text !== '');
  for (const [index, part] of content.entries()) {
    if (part.type === 'text') {
      const text = isLast && index === content.length - 1 ? part.text.trim() : part.text;
      blocks.push({ type: 'text', text, ...marked(part.cache) });
    } else if (part.type === 'reasoning') {
      const block = writeThinking(part);
      if (block !== undefined) blocks.push(block);
    } else {
      calls.add(part.id);
      blocks.push({
        type: 'tool_use',
        id: part.id,
        name: part.name,
        input: inputOf(part),
        ...marked(part.cache),
      });
    }
  }
  return blocks;
}

function writeThinking({ text, opaque }: ReasoningPart): JsonObject | undefined {
  const { signature, redactedData } = recordOf(recordOf(opaque).anthropic);
  if (textIn(signature) !== undefined) return { type: 'thinking', thinking: text, signature };
  if (textIn(redactedData) !== undefined) return { type: 'redacted_thinking', data: redactedData };
  return undefined;
}

/** The wire requires an object. */
function inputOf({ id, arguments: text }: ToolCallPart): JsonObject {
  if (text.trim() === '') return {};
  const input = parseJson(text);
  if (input === undefined) throw invalidRequest(`the arguments of the tool call "${id}" are no JSON`);
  return isRecord(input) ? input : { rawInvalidInput: input };
}

/** Between two thinking blocks calls come last: a result must follow its call. */
function withCallsLast(content: readonly JsonObject[]): JsonObject[] {
  const ordered: JsonObject[] = [];
  let calls: JsonObject[] = [];
  for (const block of content) {
    if (block.type === 'tool_use') {
      calls.push(block);
      continue;
    }
    if (block.type !== 'text') {
      ordered.push(...calls);
      calls = [];
    }
    ordered.push(block);
  }
  return [...ordered, ...calls];
}

function marked(mark: CacheMark | undefined): JsonObject {
  return mark === undefined ? {} : { cache_control: cacheControl(mark) };
}
