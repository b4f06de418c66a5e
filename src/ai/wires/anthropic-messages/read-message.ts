/**
 * Reads a complete answer of Anthropic's messages wire. Unknown kinds of blocks are ignored: Anthropic adds kinds at
 * any time and requires clients to ignore them. A block of a known kind that cannot be read is a failure, with its
 * usage.
 */
import {
  arrayOf,
  isRecord,
  type JsonObject,
  type ModelAnswer,
  type ModelRequest,
  ProviderFailure,
  parseJson,
  recordOf,
  textIn,
} from '../../model-call/index.ts';
import { estimateUsage } from '../../tokens/index.ts';
import { BlockDraft, type OutputReading, partialUsage, readUsage } from '../shared/index.ts';
import { errorInMessage } from './read-message-failure.ts';
import { readFinish, refusalIn } from './read-message-finish.ts';
import { stopOf } from './stop-details.ts';

export interface MessageContext {
  readonly request: ModelRequest;
  readonly reading: OutputReading;
  /** Keys and other credentials, which are redacted from failures. */
  readonly secrets: readonly string[];
}

/** @throws ProviderFailure, with the usage, if the text is not an answer */
export function readMessage(text: string, context: MessageContext): ModelAnswer {
  const body = recordOf(parseJson(text));
  const failure = errorInMessage(recordOf(body.error), context.secrets);
  if (failure !== undefined) throw failure;
  const draft = new BlockDraft(context.reading);
  const isWhole = isMessage(body) && arrayOf(body.content).every((block, index) => readBlock(index, block, draft));
  const usage = () => readUsage('anthropic', body.usage) ?? estimateUsage(context.request, draft.writtenText);
  if (!isWhole) {
    const spent = partialUsage('anthropic', body.usage, context.request, '');
    throw new ProviderFailure({ kind: 'malformed', detail: 'the answer is no message', usage: spent });
  }
  draft.end([]);
  return messageAnswer(draft, body, usage());
}

/** The answer of a message that has ended. @throws ProviderFailure if there is no stop reason */
export function messageAnswer(draft: BlockDraft, message: JsonObject, usage: ModelAnswer['usage']): ModelAnswer {
  const requestId = textIn(message.id);
  const respondedModel = textIn(message.model);
  const stopReason = textIn(message.stop_reason);
  if (stopReason === undefined) {
    const detail = 'the answer does not say why the model stopped';
    throw new ProviderFailure({ kind: 'malformed', detail, usage, ...(requestId === undefined ? {} : { requestId }) });
  }
  const finishReason = readFinish(stopReason, draft.hasToolCalls);
  const refusal = finishReason === 'refusal' ? refusalIn(message) : undefined;
  return {
    content: draft.content(),
    finishReason,
    ...(refusal === undefined ? {} : { refusal }),
    ...stopOf(message),
    usage,
    ...(requestId === undefined ? {} : { requestId }),
    ...(respondedModel === undefined ? {} : { respondedModel }),
  };
}

function isMessage({ type, content, usage, stop_reason, id, model }: JsonObject): boolean {
  if (!Array.isArray(content) || (type !== 'message' && !isAbsent(type))) return false;
  return (isAbsent(usage) || isRecord(usage)) && [stop_reason, id, model].every(isTextOrAbsent);
}

/** @returns false if the block is of a known kind and cannot be read */
function readBlock(index: number, value: unknown, draft: BlockDraft): boolean {
  const block = recordOf(value);
  const id = String(index);
  switch (block.type) {
    case 'text': {
      if (typeof block.text !== 'string') return false;
      draft.openText(id);
      draft.text(id, block.text, []);
      draft.closeText([]);
      for (const citation of arrayOf(block.citations)) if (isRecord(citation)) draft.citation(id, citation, []);
      return true;
    }
    case 'compaction':
      if (!isTextOrAbsent(block.content)) return false;
      draft.openText(id);
      if (typeof block.content === 'string') draft.text(id, block.content, []);
      draft.closeText([]);
      return true;
    case 'thinking':
      if (typeof block.thinking !== 'string' || !isTextOrAbsent(block.signature)) return false;
      draft.reasoning(id, block.thinking, signed(block.signature), []);
      return true;
    case 'redacted_thinking':
      if (typeof block.data !== 'string') return false;
      draft.reasoning(id, '', redacted(block.data), []);
      return true;
    case 'tool_use': {
      const { id: callId, name, input } = block;
      if (typeof callId !== 'string' || typeof name !== 'string' || !isRecord(input)) return false;
      draft.closeCall(callId, name, JSON.stringify(input), undefined, []);
      return true;
    }
    default:
      return typeof block.type === 'string';
  }
}

/** The opaque data that the API requires back with thinking. */
export function signed(signature: string | null | undefined): JsonObject | undefined {
  return isAbsent(signature) ? undefined : { anthropic: { signature } };
}

/** Redacted thinking. */
export function redacted(redactedData: string): JsonObject {
  return { anthropic: { redactedData } };
}

export function isTextOrAbsent(value: unknown): value is string | null | undefined {
  return typeof value === 'string' || isAbsent(value);
}

export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}
