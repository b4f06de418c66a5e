/**
 * Extracts the text of a model's answer. A refusal, filtered content and a truncated answer are distinguished, and never
 * treated as a short answer.
 */
import { type ModelAnswer, textOf } from '../../model-call/index.ts';

export type TextReading =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'refused'; readonly detail: string };

/** Limit of the JSON text, in characters. */
const maxLength = 1_048_576;

export function answerText(answer: ModelAnswer): TextReading {
  if (answer.refusal !== undefined) return { kind: 'refused', detail: answer.refusal.slice(0, 500) };
  if (answer.finishReason === 'refusal') return { kind: 'refused', detail: 'the model refused' };
  if (answer.finishReason === 'content_filter') return { kind: 'refused', detail: 'the provider filtered the content' };
  if (answer.finishReason === 'length') return { kind: 'invalid', message: 'the answer was cut at maxOutputTokens' };
  const text = textOf(answer).trim();
  return text === '' ? { kind: 'invalid', message: 'the answer is empty' } : { kind: 'text', text };
}

/** @returns undefined if the text is not JSON or exceeds 1 MB */
export function answerJson(text: string): unknown {
  if (text.length > maxLength) return undefined;
  try {
    // V8 parses without recursion, so depth costs memory only, which the length limit bounds.
    return JSON.parse(withoutFence(text));
  } catch {
    return undefined;
  }
}

/** Removes the code fence that some models put around JSON. A fence inside the JSON is content. */
function withoutFence(text: string): string {
  const first = text.charCodeAt(0);
  if (first === 123 || first === 91) return text;
  const opening = /```[a-z]*[ \t]*\r?\n?/i.exec(text);
  const end = text.lastIndexOf('```');
  if (opening === null || end <= opening.index) return text;
  return text.slice(opening.index + opening[0].length, end);
}
