/** The form of each wire, and how its vendor reports an error. */
import { unreachable } from '../../lib/index.ts';
import type { ErrorAnswer } from '../error-answer.ts';
import type { GeneratingWire, Wire } from '../wire.ts';
import type { WireForm } from '../wire-form.ts';
import { anthropicError, anthropicMessages } from './anthropic-messages.ts';
import { bedrockConverse, bedrockError, bedrockErrorType } from './bedrock-converse.ts';
import { cohereChat } from './cohere-chat.ts';
import { geminiError, geminiGenerate } from './gemini-generate.ts';
import { openAiChat } from './openai-chat.ts';
import { openAiError } from './openai-error.ts';
import { openAiResponses } from './openai-responses.ts';

export const wireForms: Readonly<Record<GeneratingWire, WireForm>> = {
  'openai-chat': openAiChat,
  'openai-responses': openAiResponses,
  'anthropic-messages': anthropicMessages,
  'gemini-generate': geminiGenerate,
  'bedrock-converse': bedrockConverse,
  'cohere-chat': cohereChat,
};

/** An error's body and headers. Gemini has the retry delay in its body, all others in headers. */
export function wireError(
  wire: Wire,
  error: ErrorAnswer,
): { readonly body: unknown; readonly headers: Readonly<Record<string, string>> } {
  const headers = retryHeaders(error);
  switch (wire) {
    case 'openai-chat':
    case 'openai-responses':
    case 'openai-embeddings':
    case 'openai-models':
    case 'unknown':
      return { body: { error: openAiError(error) }, headers };
    case 'anthropic-messages':
      return { body: anthropicError(error), headers };
    case 'gemini-generate':
    case 'gemini-embed':
    case 'gemini-models':
      return { body: geminiError(error), headers };
    case 'bedrock-converse':
      return { body: bedrockError(error), headers: { 'x-amzn-errortype': bedrockErrorType(error), ...headers } };
    case 'cohere-chat':
      return { body: { message: error.message ?? error.code ?? `The server answered ${error.status}.` }, headers };
    default:
      return unreachable(wire);
  }
}

function retryHeaders({ retryAfter, retryAfterMs, headers }: ErrorAnswer): Readonly<Record<string, string>> {
  return {
    ...(retryAfter !== undefined && {
      'retry-after': retryAfter instanceof Date ? retryAfter.toUTCString() : String(retryAfter),
    }),
    ...(retryAfterMs !== undefined && { 'retry-after-ms': String(retryAfterMs) }),
    ...headers,
  };
}
