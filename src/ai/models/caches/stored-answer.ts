/**
 * Which answers may be cached, and their encoding. Only complete and valid answers: never one that was truncated,
 * filtered, refused or empty, nor JSON that does not fit its schema, nor a tool's arguments that cannot be parsed.
 *
 * Stored bytes are untrusted: bytes that are not exactly an answer that could have been stored are a miss.
 */
import type {
  EmbeddingRequest,
  Embeddings,
  JsonObject,
  JsonSchema,
  ModelAnswer,
  ModelRequest,
} from '../../model-call/index.ts';
import { textOf } from '../../model-call/index.ts';
import { schemaError, schemaProblems } from '../schema-problems.ts';

export function isWhole(request: ModelRequest, answer: ModelAnswer): boolean {
  const { content, finishReason, refusal } = answer;
  if (refusal !== undefined || (finishReason !== 'stop' && finishReason !== 'tool_calls')) return false;
  let calls = 0;
  for (const part of content) {
    if (part.type !== 'tool_call') continue;
    if (!isJson(part.arguments)) return false;
    calls++;
  }
  if (calls > 0) return true;
  const text = textOf(answer);
  if (finishReason === 'tool_calls' || text.trim() === '') return false;
  return request.output.kind === 'text' || fits(request.output.schema, text);
}

/** A schema that cannot be compiled is the provider's to judge. */
function fits(schema: JsonSchema | undefined, text: string): boolean {
  if (!isJson(text)) return false;
  if (schema === undefined || schemaError(schema) !== undefined) return true;
  return schemaProblems(schema, JSON.parse(text)).length === 0;
}

/** A line of JSON, and after it the provider's own body as it came: JSON within JSON takes three times as long. */
export function encodeAnswer({ wire, ...answer }: ModelAnswer): string {
  const head = JSON.stringify({ v: 2, answer });
  return wire === undefined ? head : `${head}\n${wire}`;
}

export function decodeAnswer(bytes: Buffer): ModelAnswer | undefined {
  const text = bytes.toString();
  const end = text.indexOf('\n');
  const stored = parse(end < 0 ? text : text.slice(0, end));
  if (!isObject(stored) || stored.v !== 2 || !isAnswer(stored.answer)) return undefined;
  return end < 0 ? stored.answer : { ...stored.answer, wire: text.slice(end + 1) };
}

/** Four bytes, the length of the JSON that follows; that JSON; then the vectors' numbers as they are in memory. */
export function encodeEmbeddings({ vectors, usage, requestId }: Embeddings): Buffer {
  const head = Buffer.from(JSON.stringify({ v: 1, usage, requestId, lengths: vectors.map(({ length }) => length) }));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(head.length);
  return Buffer.concat([
    size,
    head,
    ...vectors.map((vector) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)),
  ]);
}

export function decodeEmbeddings(bytes: Buffer, request: EmbeddingRequest): Embeddings | undefined {
  if (bytes.length < 4) return undefined;
  let offset = 4 + bytes.readUInt32LE(0);
  const head = parse(bytes.toString('utf8', 4, offset));
  if (!isObject(head) || head.v !== 1 || !isUsage(head.usage) || !isOptionalText(head.requestId)) return undefined;
  const { usage, requestId, lengths } = head;
  if (!Array.isArray(lengths) || lengths.length !== inputsOf(request)) return undefined;
  const vectors: Float32Array[] = [];
  for (const length of lengths as readonly unknown[]) {
    const end = typeof length === 'number' && isCount(length) ? offset + length * 4 : Number.POSITIVE_INFINITY;
    if (end > bytes.length) return undefined;
    // Copied, because numbers cannot be read in place where the bytes do not begin at a multiple of four.
    const vector = new Float32Array((end - offset) / 4);
    bytes.copy(Buffer.from(vector.buffer), 0, offset, end);
    vectors.push(vector);
    offset = end;
  }
  if (offset !== bytes.length || !areVectors(vectors)) return undefined;
  return requestId === undefined ? { vectors, usage } : { vectors, usage, requestId };
}

/** How many vectors answer a request. */
export function inputsOf({ texts, tokens }: EmbeddingRequest): number {
  return tokens?.length ?? texts.length;
}

export function areVectors(vectors: readonly Float32Array[]): boolean {
  for (const vector of vectors) {
    if (vector.length === 0) return false;
    for (const number of vector) if (!Number.isFinite(number)) return false;
  }
  return true;
}

function isAnswer(value: unknown): value is ModelAnswer {
  if (!isObject(value) || !Array.isArray(value.content) || !value.content.every(isPart)) return false;
  if (value.finishReason !== 'stop' && value.finishReason !== 'tool_calls') return false;
  const { requestId, respondedModel, wire, refusal, usage, adapted } = value;
  if (adapted !== undefined && !(Array.isArray(adapted) && adapted.every((field) => typeof field === 'string')))
    return false;
  if (!isOptionalText(requestId) || !isOptionalText(respondedModel) || !isOptionalText(wire)) return false;
  return refusal === undefined && isUsage(usage);
}

function isPart(part: unknown): boolean {
  if (!isObject(part) || !(part.opaque === undefined || isObject(part.opaque))) return false;
  if (part.type === 'text' || part.type === 'reasoning') return typeof part.text === 'string';
  if (part.type !== 'tool_call' || typeof part.id !== 'string') return false;
  return typeof part.name === 'string' && typeof part.arguments === 'string';
}

function isUsage(value: unknown): value is ModelAnswer['usage'] {
  if (!isObject(value) || (value.source !== 'reported' && value.source !== 'estimated')) return false;
  const { source: _, ...counts } = value;
  if (counts.inputTokens === undefined || counts.outputTokens === undefined) return false;
  return Object.values(counts).every((count) => typeof count === 'number' && isCount(count));
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isJson(text: string): boolean {
  return parse(text) !== undefined;
}

/** @returns undefined if the text is not JSON */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
