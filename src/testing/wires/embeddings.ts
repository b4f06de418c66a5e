/** Embeddings on OpenAI's and Gemini's wires: vectors of length 1 derived from each text, or scripted ones. */
import { stableHash } from '../../lib/index.ts';
import type { ScriptedAnswer } from '../scripted-reply.ts';

const defaultLength = 16;

type Fields = Readonly<Record<string, unknown>>;

export function openAiEmbeddings(body: unknown, model: string, answer: ScriptedAnswer) {
  const { input, dimensions, encoding_format: encoding } = fieldsOf(body);
  const texts = textsOf(input);
  const tokens = answer.usage?.inputTokens ?? tokensOf(texts);
  return {
    object: 'list',
    data: texts.map((text, index) => {
      const vector = answer.vectors?.[index] ?? vectorOf(text, lengthOf(dimensions));
      return { object: 'embedding', index, embedding: encoding === 'base64' ? base64(vector) : vector };
    }),
    model: answer.model ?? model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

export function geminiEmbeddings(body: unknown, answer: ScriptedAnswer) {
  const { requests, ...single } = fieldsOf(body);
  const isBatch = Array.isArray(requests);
  const embeddings = (isBatch ? (requests as unknown[]) : [single]).map((request, index) => {
    const { content, outputDimensionality } = fieldsOf(request);
    return { values: answer.vectors?.[index] ?? vectorOf(textOf(content), lengthOf(outputDimensionality)) };
  });
  return isBatch ? { embeddings } : { embedding: embeddings[0] };
}

function textOf(content: unknown): string {
  const { parts } = fieldsOf(content);
  return Array.isArray(parts) ? parts.map((part) => String(fieldsOf(part).text)).join('') : '';
}

/** One text, several, one list of tokens, or several. */
function textsOf(input: unknown): readonly string[] {
  if (!Array.isArray(input)) return [String(input)];
  if (typeof input[0] === 'number') return [input.join(' ')];
  return input.map((entry) => (Array.isArray(entry) ? entry.join(' ') : String(entry)));
}

function tokensOf(texts: readonly string[]): number {
  let characters = 0;
  for (const text of texts) characters += text.length;
  return Math.ceil(characters / 4);
}

function vectorOf(text: string, length: number): readonly number[] {
  let state = Number.parseInt(stableHash(text).slice(0, 8), 16) || 1;
  const vector: number[] = [];
  let squares = 0;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const value = state / 2 ** 31 - 1;
    vector.push(value);
    squares += value * value;
  }
  const norm = Math.sqrt(squares) || 1;
  // Exact in 32 bits, so that both encodings are equal.
  return vector.map((value) => Math.fround(value / norm));
}

function base64(vector: readonly number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64');
}

function lengthOf(dimensions: unknown): number {
  return typeof dimensions === 'number' && dimensions > 0 && dimensions <= 10_000 ? dimensions : defaultLength;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
