/**
 * OpenAI's embeddings wire: reads requests, and writes vectors as numbers or as base64 of little-endian 32-bit floats.
 */
import type { EmbeddingCompletion, EmbeddingRequest } from '../../model-call/index.ts';
import {
  type Fields,
  InvalidField,
  knownFields,
  readInteger,
  readOneOf,
  readString,
  requireString,
  sortFields,
} from '../shared/index.ts';

export interface EmbeddingsCall {
  readonly alias: string;
  readonly request: EmbeddingRequest;
  readonly encoding: 'float' | 'base64';
}

const fieldKinds = knownFields({
  form: ['model', 'input', 'dimensions', 'encoding_format', 'user'],
  hint: ['metadata', 'safety_identifier'],
  refused: [],
});

/** OpenAI's own limit. */
const maxTexts = 2_048;

/** @throws InvalidField */
export function readEmbeddingsRequest(body: Fields): EmbeddingsCall {
  const [unmapped] = sortFields(body, fieldKinds).unmapped;
  if (unmapped !== undefined) {
    throw new InvalidField(`\`${unmapped.slice(0, 64)}\` is not available here.`, unmapped, 'AI_REQUEST_UNSUPPORTED');
  }
  const request: { -readonly [Name in keyof EmbeddingRequest]: EmbeddingRequest[Name] } = readInput(body.input);
  const dimensions = readInteger(body, 'dimensions', 1);
  if (dimensions !== undefined) request.dimensions = dimensions;
  const user = readString(body, 'user');
  if (user !== undefined) request.user = user;
  return {
    alias: requireString(body, 'model'),
    request,
    encoding: readOneOf(body, 'encoding_format', ['float', 'base64'] as const) ?? 'float',
  };
}

/** More than any model accepts for one text. */
const maxIds = 300_000;

/** Texts or token ids: LangChain's client tokenizes itself. */
function readInput(input: unknown): Pick<EmbeddingRequest, 'texts' | 'tokens'> {
  if (!Array.isArray(input)) return { texts: readTexts(input) };
  if (typeof input[0] === 'number') return { texts: [], tokens: [readIds(input)] };
  if (!Array.isArray(input[0]) || input.length > maxTexts) return { texts: readTexts(input) };
  return { texts: [], tokens: input.map(readIds) };
}

function readIds(ids: unknown): readonly number[] {
  const isId = (id: unknown): boolean => typeof id === 'number' && Number.isSafeInteger(id) && id >= 0;
  if (Array.isArray(ids) && ids.length > 0 && ids.length <= maxIds && ids.every(isId)) return ids;
  throw new InvalidField('`input` must hold ids of tokens, whole numbers from 0.', 'input');
}

function readTexts(input: unknown): readonly string[] {
  const texts = typeof input === 'string' ? [input] : input;
  if (!Array.isArray(texts) || texts.length === 0 || texts.length > maxTexts) {
    throw new InvalidField(`\`input\` must be a string, or an array of 1 to ${maxTexts} strings.`, 'input');
  }
  if (texts.every((text) => typeof text === 'string' && text !== '')) return texts;
  throw new InvalidField('`input` must hold strings that are not empty.', 'input');
}

export function writeEmbeddings({ alias, encoding }: EmbeddingsCall, answer: EmbeddingCompletion): string {
  let data = '';
  for (let index = 0; index < answer.vectors.length; index++) {
    const vector = answer.vectors[index] as Float32Array;
    const embedding = encoding === 'base64' ? `"${toBase64(vector)}"` : `[${vector.join()}]`;
    data += `${index === 0 ? '' : ','}{"object":"embedding","index":${index},"embedding":${embedding}}`;
  }
  const { inputTokens } = answer.usage;
  return `{"object":"list","data":[${data}],"model":${JSON.stringify(alias)},"usage":{"prompt_tokens":${inputTokens},"total_tokens":${inputTokens}}}`;
}

/** Node only runs on little-endian machines. */
function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
}
