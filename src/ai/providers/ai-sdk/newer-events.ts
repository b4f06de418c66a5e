/**
 * What a provider says that came after its AI SDK package: new events, new kinds of content, new kinds of citations.
 * Providers add them at any time and ask that they be passed over (Cohere's streaming guide); the packages check every
 * byte against a closed list instead, and throw the whole answer away.
 *
 * Passed over is only what holds nothing of the one form: an event or a part that does and cannot be read is a failure.
 */

import { arrayOf, parseJson, recordOf, textIn } from '../../model-call/index.ts';
import type { AiSdkDialect } from './package-dialect.ts';
import { simplerGemini } from './read-gemini.ts';

interface Kinds {
  readonly events: ReadonlySet<string>;
  /** Of content, and of the deltas it comes in. */
  readonly content: ReadonlySet<string>;
  readonly deltas: ReadonlySet<string>;
}

/** The kinds without which an answer would be another one. */
const needed: Partial<Readonly<Record<AiSdkDialect, Kinds>>> = {
  cohere: {
    events: new Set([
      'message-start',
      'content-start',
      'content-delta',
      'content-end',
      'tool-plan-delta',
      'tool-call-start',
      'tool-call-delta',
      'tool-call-end',
      'message-end',
    ]),
    content: new Set(['text', 'thinking']),
    deltas: new Set(),
  },
  mistral: { events: new Set(), content: new Set(['text', 'thinking']), deltas: new Set() },
};

/** Whether a stream goes on after an event that its package could not read. */
export function mayPassOver(dialect: AiSdkDialect, error: unknown): boolean {
  const kinds = needed[dialect];
  const { name, value } = recordOf(error);
  if (kinds === undefined || name !== 'AI_TypeValidationError') return false;
  const event = recordOf(value);
  if (dialect === 'mistral') return isOtherContent(recordOf(arrayOf(event.choices)[0]), kinds.content);
  const type = textIn(event.type);
  if (type === undefined) return false;
  return !kinds.events.has(type);
}

function isOther(part: unknown, kinds: ReadonlySet<string>): boolean {
  const type = textIn(recordOf(part).type);
  return type !== undefined && !kinds.has(type);
}

/** A chunk that holds content of other kinds alone. */
function isOtherContent({ delta, finish_reason: reason }: ReturnType<typeof recordOf>, kinds: ReadonlySet<string>) {
  const { content, tool_calls: calls } = recordOf(delta);
  if (!Array.isArray(content) || content.length === 0 || arrayOf(calls).length > 0) return false;
  return textIn(reason) === undefined && content.every((part) => isOther(part, kinds));
}

/**
 * A whole answer without what may be passed over, to be read again by the package that could not read it; `undefined`
 * where it is none.
 */
export function withoutNewer(dialect: AiSdkDialect, body: string): string | undefined {
  if (dialect === 'gemini') {
    const simple = simplerGemini(recordOf(parseJson(body)));
    return simple === undefined ? undefined : JSON.stringify(simple);
  }
  const kinds = needed[dialect];
  if (kinds === undefined) return undefined;
  const answer = recordOf(parseJson(body));
  const [choice, ...choices] = arrayOf(answer.choices);
  const message = simpler(recordOf(answer.message ?? recordOf(choice).message), kinds);
  if (message === undefined) return undefined;
  if (dialect === 'cohere') return JSON.stringify({ ...answer, message });
  return JSON.stringify({ ...answer, choices: [{ ...recordOf(choice), message }, ...choices] });
}

function simpler(message: ReturnType<typeof recordOf>, kinds: Kinds): Readonly<Record<string, unknown>> | undefined {
  if (!Array.isArray(message.content)) return undefined;
  const content = message.content
    .filter((part) => !isOther(part, kinds.content))
    .map((part) => ({ ...recordOf(part), citations: undefined }));
  const { citations: _, ...messageFields } = message;
  return { ...messageFields, content };
}
