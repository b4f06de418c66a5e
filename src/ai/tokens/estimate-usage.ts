/**
 * The usage of a call without reported usage: after an abort, a truncated stream, an answer without counts. Marked
 * `estimated`, and rather too high than too low, so that unreported usage does not exceed a budget.
 */
import { unreachable } from '../../lib/index.ts';
import type {
  FilePart,
  ImagePart,
  MediaSource,
  Message,
  ModelRequest,
  ToolResultPart,
  Usage,
} from '../model-call/index.ts';
import { estimateTokens } from './estimate-tokens.ts';

export { charactersPerToken, estimateTokens } from './estimate-tokens.ts';

/** The overhead of a chat format for each message, and before the answer. */
const tokensPerMessage = 4;

/**
 * An image, whose pixels are not read: 85 tokens if `detail` is `low` (OpenAI's rule), else 1,600, Anthropic's count
 * for the largest image that it does not scale down (width x height / 750) and more than OpenAI's 1,105 for a square of
 * 1,024 in high detail and Gemini's 258 per tile.
 */
const tokensPerImage = { low: 85, other: 1_600 } as const;

/**
 * A file: text at three bytes per token; audio by duration (32 tokens a second for Gemini, 10 for OpenAI) at 32 KB a
 * second for WAV and 8 KB for other formats; video by Gemini's 300 tokens a second at 125 KB; a document by 2,000
 * tokens per page (text and image, as Anthropic counts them) of 50 KB. At least one page or second; a URL, which is not
 * fetched, counts as one page.
 */
const mediaRates = {
  document: { tokens: 2_000, bytes: 50_000 },
  wav: { tokens: 32, bytes: 32_000 },
  sound: { tokens: 32, bytes: 8_000 },
  video: { tokens: 300, bytes: 125_000 },
} as const;

const bytesOfTextPerToken = 3;

/** The usage of a request with the output `answer`, which never exceeds the request's bound. */
export function estimateUsage(request: ModelRequest, answer: string): Usage {
  const answerTokens = estimateTokens(answer);
  return {
    inputTokens: estimateInputTokens(request),
    outputTokens: Math.min(answerTokens, request.maxOutputTokens ?? answerTokens),
    source: 'estimated',
  };
}

/** Everything that a model reads of a request: messages, tools, the schema of its answer. */
export function estimateInputTokens(request: ModelRequest): number {
  let tokens = 0;
  for (const message of request.messages) tokens += tokensPerMessage + tokensOfMessage(message);
  if (request.output.kind === 'json') tokens += tokensOfJson(request.output.schema);
  for (const tool of request.tools ?? []) tokens += tokensPerMessage + tokensOfJson(tool);
  return tokens;
}

function tokensOfMessage(message: Message): number {
  if (message.role === 'system') return estimateTokens(message.content);
  let tokens = 0;
  for (const part of message.content) tokens += tokensOfPart(part);
  return tokens;
}

function tokensOfPart(part: Exclude<Message['content'], string>[number]): number {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return estimateTokens(part.text);
    case 'image':
      return tokensOfImage(part);
    case 'file':
      return tokensOfFile(part);
    case 'tool_call':
      return tokensPerMessage + estimateTokens(part.name) + estimateTokens(part.arguments);
    case 'tool_result':
      return tokensOfToolResult(part);
    default:
      return unreachable(part);
  }
}

function tokensOfToolResult({ content }: ToolResultPart): number {
  let tokens = tokensPerMessage;
  for (const part of content) tokens += tokensOfPart(part);
  return tokens;
}

function tokensOfImage({ detail }: ImagePart): number {
  return detail === 'low' ? tokensPerImage.low : tokensPerImage.other;
}

function tokensOfFile({ source, mediaType }: FilePart): number {
  const bytes = sizeOf(source);
  if (mediaType.startsWith('image/')) return tokensPerImage.other;
  if (mediaType.startsWith('text/') || mediaType.endsWith('json'))
    return bytes === undefined ? mediaRates.document.tokens : Math.ceil(bytes / bytesOfTextPerToken);
  const { tokens, bytes: perUnit } = rateOf(mediaType);
  return tokens * Math.max(1, Math.ceil((bytes ?? 0) / perUnit));
}

function rateOf(mediaType: string): (typeof mediaRates)[keyof typeof mediaRates] {
  if (mediaType.startsWith('audio/')) return /wav|pcm|l16/i.test(mediaType) ? mediaRates.wav : mediaRates.sound;
  return mediaType.startsWith('video/') ? mediaRates.video : mediaRates.document;
}

function sizeOf(source: MediaSource): number | undefined {
  return source.kind === 'base64' ? Math.floor(source.data.length * 0.75) : undefined;
}

/** Schemas and tools are the same objects in every call of a field, so their counts are cached. */
const jsonTokens = new WeakMap<object, number>();

function tokensOfJson(value: object | undefined): number {
  if (value === undefined) return 0;
  const cached = jsonTokens.get(value);
  if (cached !== undefined) return cached;
  const tokens = estimateTokens(JSON.stringify(value));
  jsonTokens.set(value, tokens);
  return tokens;
}
