/** Reads embeddings of the OpenAI wire. Vectors may be in any order, as numbers or base64. */
import { endianness } from 'node:os';
import { arrayOf, type Embeddings, ProviderFailure, recordOf } from '../../model-call/index.ts';
import { estimateTokens } from '../../tokens/index.ts';
import { failureOfError, readUsage } from '../shared/index.ts';

/** A text, or token ids. */
export type EmbeddingInput = string | readonly number[];

/** @throws ProviderFailure of kind `malformed` if a vector is missing, duplicate, invalid or of another length */
export function readEmbeddings(body: unknown, texts: readonly EmbeddingInput[], keys: readonly string[]): Embeddings {
  const answer = recordOf(body);
  if (answer.error !== undefined && answer.error !== null) throw failureOfError(answer, keys);
  const data = arrayOf(answer.data);
  if (data.length !== texts.length) throw malformed('vectors are missing');
  const vectors: Float32Array[] = new Array(texts.length);
  let length: number | undefined;
  for (const [position, entry] of data.entries()) {
    const { embedding, index = position } = recordOf(entry);
    const vector = readVector(embedding);
    if (vector === undefined || typeof index !== 'number' || vectors[index] !== undefined || !(index in texts)) {
      throw malformed('a vector is malformed');
    }
    length ??= vector.length;
    if (vector.length !== length) throw malformed('vectors differ in length');
    vectors[index] = vector;
  }
  const usage = readUsage('openai-embeddings', answer.usage);
  if (usage !== undefined) return { vectors, usage };
  let inputTokens = 0;
  for (const text of texts) inputTokens += typeof text === 'string' ? estimateTokens(text) : text.length;
  return { vectors, usage: { inputTokens, outputTokens: 0, source: 'estimated' } };
}

/** Merges the answers of a request that was sent in several batches, in order. */
export function joinEmbeddings(parts: readonly Embeddings[]): Embeddings {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const requestId = parts.find((part) => part.requestId !== undefined)?.requestId;
  return {
    vectors: parts.flatMap(({ vectors }) => vectors),
    usage: {
      inputTokens: parts.reduce((sum, { usage }) => sum + usage.inputTokens, 0),
      outputTokens: 0,
      source: parts.every(({ usage }) => usage.source === 'reported') ? 'reported' : 'estimated',
    },
    ...(requestId === undefined ? {} : { requestId }),
  };
}

function readVector(embedding: unknown): Float32Array | undefined {
  if (typeof embedding === 'string') return readBase64(embedding);
  if (!Array.isArray(embedding) || embedding.length === 0) return undefined;
  const vector = new Float32Array(embedding.length);
  for (let index = 0; index < embedding.length; index += 1) {
    const number: unknown = embedding[index];
    if (typeof number !== 'number' || !Number.isFinite(number)) return undefined;
    vector[index] = number;
  }
  return vector;
}

/** 32-bit little-endian floats, which some endpoints send whatever format was requested. */
function readBase64(text: string): Float32Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.length % 4 !== 0) return undefined;
  if (endianness() === 'BE') bytes.swap32();
  const vector = new Float32Array(Uint8Array.from(bytes).buffer);
  return vector.every(Number.isFinite) ? vector : undefined;
}

function malformed(detail: string): ProviderFailure {
  return new ProviderFailure({ kind: 'malformed', detail });
}
