/**
 * Anthropic's answers, read without their package: whole ones here, streams in read-message-events.ts. The package's
 * schemas, web streams and copies of the body were 40 % of a translated call (283 µs against 167, the socket included)
 * and most of a streamed chunk.
 *
 * Gives what the package would, as far as the one form has a place for it; a recording or a fault must come out the same
 * both ways, and a test holds it. Only answers whose every part is known and sound are read here: `undefined` for any
 * other, which the package then reads as ever.
 */
import type { LanguageModelV4GenerateResult, LanguageModelV4Usage, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { isRecord, parseJson, recordOf, textIn } from '../../model-call/index.ts';

type Content = LanguageModelV4GenerateResult['content'][number];

/** The counts are read from the provider's own. */
export const uncounted: LanguageModelV4Usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

export function readMessage(text: string): LanguageModelV4GenerateResult | undefined {
  const body = recordOf(parseJson(text));
  const usage = recordOf(body.usage);
  if (body.type !== 'message' || !Array.isArray(body.content)) return undefined;
  if (typeof usage.input_tokens !== 'number' || typeof usage.output_tokens !== 'number') return undefined;
  if (!isTextOrAbsent(body.stop_reason) || !isTextOrAbsent(body.id) || !isTextOrAbsent(body.model)) return undefined;
  const content: Content[] = [];
  for (const part of body.content) {
    const read = contentOf(recordOf(part));
    if (read === undefined) return undefined;
    content.push(read);
  }
  const id = textIn(body.id);
  return {
    content,
    finishReason: { unified: 'other', raw: body.stop_reason ?? undefined },
    usage: uncounted,
    response: { body, ...(id === undefined ? {} : { id }) },
    warnings: [],
    ...stopDetailsOf(body.stop_details),
  };
}

function contentOf(part: ReturnType<typeof recordOf>): Content | undefined {
  switch (part.type) {
    case 'text':
      return typeof part.text === 'string' ? { type: 'text', text: part.text } : undefined;
    case 'thinking':
      if (typeof part.thinking !== 'string' || typeof part.signature !== 'string') return undefined;
      return { type: 'reasoning', text: part.thinking, providerMetadata: signed(part.signature) };
    case 'redacted_thinking':
      if (typeof part.data !== 'string') return undefined;
      return { type: 'reasoning', text: '', providerMetadata: redacted(part.data) };
    case 'tool_use': {
      const { id, name, input, toolset_name: toolset } = part;
      if (typeof id !== 'string' || typeof name !== 'string' || !isRecord(input) || !isAbsent(toolset))
        return undefined;
      return { type: 'tool-call', toolCallId: id, toolName: name, input: JSON.stringify(input) };
    }
    default:
      return undefined;
  }
}

export function signed(signature: string): SharedV4ProviderMetadata {
  return { anthropic: { signature } };
}

export function redacted(redactedData: string): SharedV4ProviderMetadata {
  return { anthropic: { redactedData } };
}

/** Why the model refused, in its words. */
export function stopDetailsOf(details: unknown): { readonly providerMetadata?: SharedV4ProviderMetadata } {
  const explanation = textIn(recordOf(details).explanation);
  return explanation === undefined ? {} : { providerMetadata: { anthropic: { stopDetails: { explanation } } } };
}

/** An error inside a stream, as the package would tell it; `undefined` where it is none. */
export function readStreamError({ type, message, code, statusCode }: ReturnType<typeof recordOf>): object | undefined {
  if (typeof type !== 'string' || typeof message !== 'string') return undefined;
  const status = typeof statusCode === 'number' ? statusCode : statuses.get(type);
  return { type, message, statusCode: status, data: { type, message, code } };
}

/** The HTTP status that an error would have had before the stream began. */
const statuses: ReadonlyMap<string, number> = new Map([
  ['api_error', 500],
  ['overloaded_error', 529],
  ['rate_limit_error', 429],
  ['request_too_large', 413],
  ['authentication_error', 401],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['billing_error', 400],
  ['invalid_request_error', 400],
]);

export function isTextOrAbsent(value: unknown): value is string | null | undefined {
  return typeof value === 'string' || isAbsent(value);
}

export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}
