/**
 * Gemini's answers that its package cannot read: it checks every detail against a closed form, counts by modality,
 * ratings and citations included, and throws the whole answer away over one that lacks a number (zeros are left out of
 * this wire). What the one form has a place for is read here then: parts, the reason, the counts.
 */
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { newId } from '../../../lib/index.ts';
import { arrayOf, isRecord, recordOf, textIn } from '../../model-call/index.ts';

type Fields = ReturnType<typeof recordOf>;

const kinds = ['text', 'functionCall', 'inlineData', 'executableCode', 'codeExecutionResult'] as const;

/** A whole answer with nothing left of it but what is needed. */
export function simplerGemini(answer: Fields): Fields | undefined {
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

/** The counts that are numbers, and of the details those that say what they count. */
function simplerCounts(counts: Fields): Fields {
  const simpler: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(counts)) {
    if (typeof value === 'number') simpler[name] = value;
    else if (Array.isArray(value)) {
      simpler[name] = value.filter((detail) => {
        const { modality, tokenCount } = recordOf(detail);
        return typeof modality === 'string' && typeof tokenCount === 'number';
      });
    }
  }
  return simpler;
}

/** The same parts of a stream, an event that its package could not read as what it says. */
export function withReadEvents(parts: readonly LanguageModelV4StreamPart[]): readonly LanguageModelV4StreamPart[] {
  if (!parts.some(({ type }) => type === 'error')) return parts;
  return parts.flatMap((part): readonly LanguageModelV4StreamPart[] => {
    if (part.type !== 'error') return [part];
    const { name, value } = recordOf(part.error);
    return (name === 'AI_TypeValidationError' ? partsOf(recordOf(value)) : undefined) ?? [part];
  });
}

/** `undefined`: it is no event of an answer, or holds a part that cannot be read. */
function partsOf(event: Fields): readonly LanguageModelV4StreamPart[] | undefined {
  if (event.error !== undefined || simplerGemini(event) === undefined) return undefined;
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
