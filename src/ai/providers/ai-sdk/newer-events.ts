/**
 * Skips events, content kinds and citation kinds that a provider introduced after its AI SDK package was published.
 * Providers add them at any time and require clients to ignore unknown ones (Cohere's streaming guide); the packages
 * validate every event against a closed list instead, and fail the whole answer.
 *
 * Only events and parts that the model-call form has no equivalent for are skipped: any other event that cannot be
 * parsed is a failure.
 */

import { arrayOf, parseJson, recordOf, textIn } from '../../model-call/index.ts';
import type { AiSdkDialect } from './package-dialect.ts';
import { simplifyGemini } from './read-gemini.ts';

interface Kinds {
  readonly events: ReadonlySet<string>;
  /** The kinds of content, and of its deltas. */
  readonly content: ReadonlySet<string>;
  readonly deltas: ReadonlySet<string>;
}

/** The kinds that change the answer. */
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

/** Whether a stream may continue after an event that its package could not parse. */
export function isIgnorable(dialect: AiSdkDialect, error: unknown): boolean {
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

/** A chunk that contains only unknown kinds of content. */
function isOtherContent({ delta, finish_reason: reason }: ReturnType<typeof recordOf>, kinds: ReadonlySet<string>) {
  const { content, tool_calls: calls } = recordOf(delta);
  if (!Array.isArray(content) || content.length === 0 || arrayOf(calls).length > 0) return false;
  return textIn(reason) === undefined && content.every((part) => isOther(part, kinds));
}

/**
 * A complete answer without its unknown kinds, for the package to parse again; `undefined` if it is not such an answer.
 */
export function withoutUnknownKinds(dialect: AiSdkDialect, body: string): string | undefined {
  if (dialect === 'gemini') {
    const simple = simplifyGemini(recordOf(parseJson(body)));
    return simple === undefined ? undefined : JSON.stringify(simple);
  }
  const kinds = needed[dialect];
  if (kinds === undefined) return undefined;
  const answer = recordOf(parseJson(body));
  const [choice, ...choices] = arrayOf(answer.choices);
  const message = simplified(recordOf(answer.message ?? recordOf(choice).message), kinds);
  if (message === undefined) return undefined;
  if (dialect === 'cohere') return JSON.stringify({ ...answer, message });
  return JSON.stringify({ ...answer, choices: [{ ...recordOf(choice), message }, ...choices] });
}

function simplified(message: ReturnType<typeof recordOf>, kinds: Kinds): Readonly<Record<string, unknown>> | undefined {
  if (!Array.isArray(message.content)) return undefined;
  const content = message.content
    .filter((part) => !isOther(part, kinds.content))
    .map((part) => ({ ...recordOf(part), citations: undefined }));
  const { citations: _, ...messageFields } = message;
  return { ...messageFields, content };
}
