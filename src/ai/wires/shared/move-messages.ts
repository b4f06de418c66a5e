/**
 * Adapts conversations to wires with restrictions: content that is not supported in its place is moved to where it is;
 * nothing is lost.
 */
import type { FilePart, ImagePart, Message, TextPart, ToolResultPart } from '../../model-call/index.ts';

type Media = ImagePart | FilePart;

function isMedia(part: TextPart | Media): part is Media {
  return part.type !== 'text';
}

/**
 * Moves images and files of tool results, for wires whose results are text: into a user message after the results of
 * the turn, which names their tool calls. Returns the same messages if there are none.
 *
 * @param moves whether a result's media must be moved
 */
export function withMediaAfterResults(
  messages: readonly Message[],
  moves: (result: ToolResultPart) => boolean = () => true,
): readonly Message[] {
  const isMoved = (result: ToolResultPart): boolean => result.content.some(isMedia) && moves(result);
  if (!messages.some((message) => message.role === 'tool' && message.content.some(isMoved))) return messages;
  const moved: Message[] = [];
  let followUp: (TextPart | Media)[] = [];
  const show = (): void => {
    if (followUp.length > 0) moved.push({ role: 'user', content: followUp });
    followUp = [];
  };
  for (const message of messages) {
    if (message.role !== 'tool') {
      show();
      moved.push(message);
      continue;
    }
    const content = message.content.map((result): ToolResultPart => {
      if (!isMoved(result)) return result;
      const media = result.content.filter(isMedia);
      const texts = result.content.filter((part): part is TextPart => !isMedia(part));
      const name = result.name ?? result.callId;
      followUp.push({ type: 'text', text: `What the tool call ${name} answered with:` }, ...media);
      return { ...result, content: texts.length > 0 ? texts : [{ type: 'text', text: 'It follows.' }] };
    });
    moved.push({ ...message, content });
  }
  show();
  return moved;
}

/**
 * Moves system messages in the middle of a conversation, for providers that only accept them at its start: each becomes
 * a user message, labelled as such, in the same place, but never between a call and its result.
 */
export function withLateSystemAsUser(messages: readonly Message[]): readonly Message[] {
  const begun = messages.findIndex(({ role }) => role !== 'system');
  if (begun === -1 || !messages.some(({ role }, index) => role === 'system' && index > begun)) return messages;
  const moved: Message[] = [];
  let waiting: Message[] = [];
  let openCalls = 0;
  for (const [index, message] of messages.entries()) {
    if (message.role === 'system' && index > begun) {
      const text = `<system>\n${message.content}\n</system>`;
      const cache = message.cache === undefined ? {} : { cache: message.cache };
      (openCalls > 0 ? waiting : moved).push({ role: 'user', content: [{ type: 'text', text, ...cache }] });
      continue;
    }
    if (message.role === 'assistant') openCalls = message.content.filter(({ type }) => type === 'tool_call').length;
    else if (message.role === 'tool') openCalls -= message.content.length;
    else openCalls = 0;
    moved.push(message);
    if (openCalls <= 0) {
      moved.push(...waiting);
      waiting = [];
    }
  }
  return [...moved, ...waiting];
}
