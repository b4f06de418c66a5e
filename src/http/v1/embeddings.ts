/** OpenAI's embeddings wire: read, and written as numbers or as base64 of little-endian 32-bit floats. */
import type { EmbeddingCompletion, EmbeddingRequest } from '../../ai/models/index.ts';
import { InvalidField } from './invalid-field.ts';
import { type Fields, readInteger, readOneOf, readString, requireString } from './read-fields.ts';
import { knownFields, sortFields } from './sort-fields.ts';

export interface EmbeddingsCall {
  readonly alias: string;
  readonly request: EmbeddingRequest;
  readonly encoding: 'float' | 'base64';
}

const known = knownFields({
  form: ['model', 'input', 'dimensions', 'encoding_format', 'user'],
  hint: ['safety_identifier'],
  refused: [],
});

/** OpenAI's own bound. */
const maxTexts = 2_048;

/** @throws InvalidField */
export function readEmbeddingsRequest(body: Fields): EmbeddingsCall {
  const [beyond] = sortFields(body, known);
  if (beyond !== undefined) {
    throw new InvalidField(`\`${beyond.slice(0, 64)}\` is not available here.`, beyond, 'AI_REQUEST_UNSUPPORTED');
  }
  const request: { -readonly [Name in keyof EmbeddingRequest]: EmbeddingRequest[Name] } = {
    texts: readTexts(body.input),
  };
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

function readTexts(input: unknown): readonly string[] {
  const texts = typeof input === 'string' ? [input] : input;
  if (!Array.isArray(texts) || texts.length === 0 || texts.length > maxTexts) {
    throw new InvalidField(`\`input\` must be a string, or an array of 1 to ${maxTexts} strings.`, 'input');
  }
  if (texts.every((text) => typeof text === 'string' && text !== '')) return texts;
  const [first] = texts;
  if (typeof first === 'number' || Array.isArray(first)) {
    throw new InvalidField('`input` must be text; tokens are not taken.', 'input', 'AI_REQUEST_UNSUPPORTED');
  }
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

/** Every machine Node runs on keeps them little-endian. */
function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
}
