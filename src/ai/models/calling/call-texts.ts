/**
 * What was said to a model and by it, in the form of OpenTelemetry's conventions, for operators that want texts in traces:
 * as the guardrails passed it, redacted as failures are for the log, cut where it is long. Media are named, not kept.
 */
import type { CallMessage, CallTexts } from '../../../observability/index.ts';
import type { AnswerPart, FilePart, ImagePart, Message, ToolResultPart } from '../../model-call/index.ts';

type Part = AnswerPart | ImagePart | FilePart | ToolResultPart;
type Redact = (text: string) => string;

const maxMessages = 50;
const maxTextLength = 4_096;
const asItIs: Redact = (text) => text;

/** @param answer undefined where there is none */
export function callTexts(
  messages: readonly Message[],
  answer: readonly AnswerPart[] | undefined,
  finish: string,
  redact: Redact = asItIs,
): CallTexts {
  const clean: Redact = (text) => cut(redact(text));
  return {
    // The last ones: what was said before is in earlier calls.
    input: messages.slice(-maxMessages).map((message) => messageOf(message, clean)),
    output:
      answer === undefined
        ? undefined
        : [{ role: 'assistant', parts: answer.map((part) => partOf(part, clean)), finish_reason: finishOf(finish) }],
  };
}

function messageOf(message: Message, clean: Redact): CallMessage {
  const { role, content } = message;
  if (typeof content === 'string') return { role, parts: [{ type: 'text', content: clean(content) }] };
  return { role, parts: content.map((part) => partOf(part, clean)) };
}

function partOf(part: Part, clean: Redact): CallMessage['parts'][number] {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return { type: part.type, content: clean(part.text) };
    case 'tool_call':
      return { type: 'tool_call', id: part.id, name: part.name, arguments: clean(part.arguments) };
    case 'tool_result': {
      const texts = part.content.map((inner) => (inner.type === 'text' ? clean(inner.text) : `[${inner.type}]`));
      return { type: 'tool_call_response', id: part.callId, response: texts.join('\n') };
    }
    default:
      return { type: part.type, mime_type: part.mediaType };
  }
}

/** By the names of the conventions. */
function finishOf(finish: string): string {
  if (finish === 'tool_calls') return 'tool_call';
  return finish === 'refusal' ? 'content_filter' : finish;
}

function cut(text: string): string {
  return text.length <= maxTextLength ? text : `${text.slice(0, maxTextLength)}…`;
}
