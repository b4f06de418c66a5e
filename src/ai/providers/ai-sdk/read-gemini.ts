/**
 * Reads Gemini's answers that its package cannot parse: the package validates every detail against a closed schema,
 * token counts by modality, ratings and citations included, and fails the whole answer for one missing number (this
 * wire omits zeros). The fields that the model-call form has are then read here: parts, the finish reason, the counts.
 */
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { newId } from '../../../lib/index.ts';
import { arrayOf, isRecord, recordOf, textIn } from '../../model-call/index.ts';

type Fields = ReturnType<typeof recordOf>;

const kinds = ['text', 'functionCall', 'inlineData', 'executableCode', 'codeExecutionResult'] as const;

/** A complete answer, reduced to the fields that are used. */
export function simplifyGemini(answer: Fields): Fields | undefined {
  if (!Array.isArray(answer.candidates) && !isRecord(answer.promptFeedback)) return undefined;
  const { responseId, modelVersion } = answer;
  const blockReason = textIn(recordOf(answer.promptFeedback).blockReason);
  return {
    ...(textIn(responseId) === undefined ? {} : { responseId }),
    ...(textIn(modelVersion) === undefined ? {} : { modelVersion }),
    ...(blockReason === undefined ? {} : { promptFeedback: { blockReason } }),
    candidates: arrayOf(answer.candidates).map((candidate) => {
      const { content, finishReason } = recordOf(candidate);
      return {
        content: { parts: arrayOf(recordOf(content).parts).filter(isPart) },
        ...(textIn(finishReason) === undefined ? {} : { finishReason }),
      };
    }),
    ...(isRecord(answer.usageMetadata) ? { usageMetadata: simplerCounts(answer.usageMetadata) } : {}),
  };
}

function isPart(part: unknown): boolean {
  return kinds.some((kind) => recordOf(part)[kind] !== undefined);
}

/** The numeric counts, and the details that have a modality. */
function simplerCounts(counts: Fields): Fields {
  const simplified: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(counts)) {
    if (typeof value === 'number') simplified[name] = value;
    else if (Array.isArray(value)) {
      simplified[name] = value.filter((detail) => {
        const { modality, tokenCount } = recordOf(detail);
        return typeof modality === 'string' && typeof tokenCount === 'number';
      });
    }
  }
  return simplified;
}

/** The same parts of a stream, with events that the package could not parse replaced by the parts read from them. */
export function withReadEvents(parts: readonly LanguageModelV4StreamPart[]): readonly LanguageModelV4StreamPart[] {
  if (!parts.some(({ type }) => type === 'error')) return parts;
  return parts.flatMap((part): readonly LanguageModelV4StreamPart[] => {
    if (part.type !== 'error') return [part];
    const { name, value } = recordOf(part.error);
    return (name === 'AI_TypeValidationError' ? partsOf(recordOf(value)) : undefined) ?? [part];
  });
}

/** `undefined`: it is not an event of an answer, or it contains a part that cannot be read. */
function partsOf(event: Fields): readonly LanguageModelV4StreamPart[] | undefined {
  if (event.error !== undefined || simplifyGemini(event) === undefined) return undefined;
  const parts: LanguageModelV4StreamPart[] = [];
  for (const value of arrayOf(recordOf(recordOf(arrayOf(event.candidates)[0]).content).parts)) {
    const part = recordOf(value);
    const signature = textIn(part.thoughtSignature);
    const signed = signature === undefined ? {} : { providerMetadata: { google: { thoughtSignature: signature } } };
    if (isRecord(part.functionCall)) {
      const { id, name, args } = part.functionCall;
      if (typeof name !== 'string') return undefined;
      const toolCallId = textIn(id) ?? newId('call_');
      parts.push({ type: 'tool-call', toolCallId, toolName: name, input: JSON.stringify(args ?? {}), ...signed });
    } else if (typeof part.text === 'string') {
      const type = part.thought === true ? 'reasoning-delta' : 'text-delta';
      parts.push({ type, id: 'read here', delta: part.text, ...signed });
    } else if (part.text !== undefined && part.text !== null) return undefined;
  }
  return parts;
}
