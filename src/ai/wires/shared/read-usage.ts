/**
 * Converts a provider's usage report to `Usage`: input includes cache, output includes reasoning, as OpenTelemetry's
 * GenAI conventions define them. Providers count differently, which is why other gateways bill cached tokens twice or
 * lose reasoning tokens; there is one reader per wire, tested with recorded bodies.
 *
 * An invalid count (negative, a fraction, a text, over a billion) makes the report unusable if it is a total, and is
 * ignored if it is a part: its tokens then have the price of the total. `null` is absent.
 */

import { unreachable } from '../../../lib/index.ts';
import type { ReportedUsage } from '../../model-call/index.ts';

/** The wire of the usage object. `openai-chat` covers all providers of chat completions. */
export type UsageDialect =
  | 'openai-chat'
  | 'openai-responses'
  | 'openai-embeddings'
  | 'anthropic'
  | 'gemini'
  | 'mistral'
  | 'cohere'
  | 'bedrock';

/** More than any call can use: a larger number is a provider's error. */
const maxTokens = 1_000_000_000;

type Fields = { readonly [name: string]: unknown };

/**
 * `usage` is the object with the counts: `usage` of OpenAI, Anthropic, Mistral, Cohere and Bedrock, `usageMetadata` of
 * Gemini, `meta` of Cohere's embeddings. `undefined`: nothing usable was reported, so it must be estimated.
 */
export function readUsage(dialect: UsageDialect, usage: unknown): ReportedUsage | undefined {
  if (!isFields(usage)) return undefined;
  switch (dialect) {
    case 'openai-chat':
    case 'mistral':
      return readChat(usage);
    case 'openai-responses':
      return readResponses(usage);
    case 'openai-embeddings':
      return readEmbeddings(usage);
    case 'anthropic':
      return readAnthropic(usage);
    case 'gemini':
      return readGemini(usage);
    case 'cohere':
      return readCohere(usage);
    case 'bedrock':
      return readBedrock(usage);
    default:
      return unreachable(dialect);
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

/** A count, `undefined` if absent, `NaN` if invalid: any sum with it remains unusable. */
function count(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxTokens ? value : Number.NaN;
}

/** An optional count; 0 for an invalid one. */
function part(value: unknown): number {
  const counted = count(value);
  return counted === undefined || Number.isNaN(counted) ? 0 : counted;
}

interface Parts {
  cachedInputTokens?: number;
  cacheWriteTokens?: number;
  cacheWriteHourTokens?: number;
  reasoningTokens?: number;
  inputAudioTokens?: number;
  outputAudioTokens?: number;
  cachedAudioTokens?: number;
  outputImageTokens?: number;
  webSearches?: number;
}

/**
 * Parts that exceed their total are ignored: which of both is wrong is unknown, and totals are billed. If parts fit
 * individually and not together the first takes precedence: cache reads are reliable even if the other parts are not.
 */
function reported(inputTokens: number, outputTokens: number, parts: Parts): ReportedUsage | undefined {
  if (!(inputTokens <= maxTokens && outputTokens <= maxTokens)) return undefined;
  const { cachedInputTokens = 0, cacheWriteTokens = 0, cacheWriteHourTokens = 0, reasoningTokens = 0 } = parts;
  const { inputAudioTokens = 0, outputAudioTokens = 0, cachedAudioTokens = 0, outputImageTokens = 0 } = parts;
  const { webSearches = 0 } = parts;
  const usage: ReportedUsage & Parts = { inputTokens, outputTokens, source: 'reported' };
  let inputLeft = inputTokens;
  if (cachedInputTokens > 0 && cachedInputTokens <= inputLeft) {
    usage.cachedInputTokens = cachedInputTokens;
    inputLeft -= cachedInputTokens;
  }
  if (cacheWriteTokens > 0 && cacheWriteTokens <= inputLeft) {
    usage.cacheWriteTokens = cacheWriteTokens;
    if (cacheWriteHourTokens > 0 && cacheWriteHourTokens <= cacheWriteTokens)
      usage.cacheWriteHourTokens = cacheWriteHourTokens;
  }
  let outputLeft = outputTokens;
  if (reasoningTokens > 0 && reasoningTokens <= outputLeft) {
    usage.reasoningTokens = reasoningTokens;
    outputLeft -= reasoningTokens;
  }
  if (inputAudioTokens > 0 && inputAudioTokens <= inputTokens) {
    usage.inputAudioTokens = inputAudioTokens;
    if (cachedAudioTokens > 0 && cachedAudioTokens <= Math.min(inputAudioTokens, usage.cachedInputTokens ?? 0))
      usage.cachedAudioTokens = cachedAudioTokens;
  }
  if (outputAudioTokens > 0 && outputAudioTokens <= outputLeft) {
    usage.outputAudioTokens = outputAudioTokens;
    outputLeft -= outputAudioTokens;
  }
  if (outputImageTokens > 0 && outputImageTokens <= outputLeft) usage.outputImageTokens = outputImageTokens;
  if (webSearches > 0) usage.webSearches = webSearches;
  return usage;
}

/**
 * Chat completions. Cached tokens are in the details, or beside them: `prompt_cache_hit_tokens` (DeepSeek),
 * `cached_tokens` (Moonshot, Anthropic's compatible endpoint). Mistral's `num_cached_tokens` is not read: it is
 * undocumented, so a discount for it is not certain.
 */
function readChat(usage: Fields): ReportedUsage | undefined {
  const input = count(usage.prompt_tokens);
  const total = count(usage.total_tokens);
  let output = count(usage.completion_tokens);
  if (input === undefined) return undefined;
  // vLLM writes null here for a prompt without an answer.
  if (output === undefined && total !== undefined && total >= input) output = total - input;
  if (output === undefined) return undefined;
  const inputDetails = isFields(usage.prompt_tokens_details) ? usage.prompt_tokens_details : usage;
  const outputDetails = isFields(usage.completion_tokens_details) ? usage.completion_tokens_details : usage;
  const reasoningTokens = part(outputDetails.reasoning_tokens);
  // xAI excludes reasoning from completion tokens; its total shows it, or a part that exceeds its total.
  if (reasoningTokens > 0 && (total === input + output + reasoningTokens || reasoningTokens > output))
    output += reasoningTokens;
  return reported(input, output, {
    cachedInputTokens: part(inputDetails.cached_tokens ?? usage.prompt_cache_hit_tokens ?? usage.cached_tokens),
    cacheWriteTokens: part(inputDetails.cache_write_tokens),
    reasoningTokens,
    inputAudioTokens: part(inputDetails.audio_tokens),
    outputAudioTokens: part(outputDetails.audio_tokens),
  });
}

function readResponses(usage: Fields): ReportedUsage | undefined {
  const input = count(usage.input_tokens);
  const output = count(usage.output_tokens);
  if (input === undefined || output === undefined) return undefined;
  const inputDetails = isFields(usage.input_tokens_details) ? usage.input_tokens_details : undefined;
  const outputDetails = isFields(usage.output_tokens_details) ? usage.output_tokens_details : undefined;
  return reported(input, output, {
    cachedInputTokens: part(inputDetails?.cached_tokens),
    cacheWriteTokens: part(inputDetails?.cache_write_tokens),
    reasoningTokens: part(outputDetails?.reasoning_tokens),
    inputAudioTokens: part(inputDetails?.audio_tokens),
    outputAudioTokens: part(outputDetails?.audio_tokens),
  });
}

function readEmbeddings(usage: Fields): ReportedUsage | undefined {
  const input = count(usage.prompt_tokens) ?? count(usage.total_tokens);
  return input === undefined ? undefined : reported(input, 0, {});
}

/** `input_tokens` excludes both kinds of cached tokens. A stream's last `message_delta` has totals, not differences. */
function readAnthropic(usage: Fields): ReportedUsage | undefined {
  const input = count(usage.input_tokens);
  const output = count(usage.output_tokens);
  if (input === undefined || output === undefined) return undefined;
  const creation = isFields(usage.cache_creation) ? usage.cache_creation : undefined;
  const hour = part(creation?.ephemeral_1h_input_tokens);
  const cacheReads = count(usage.cache_read_input_tokens) ?? 0;
  const cacheWrites = count(usage.cache_creation_input_tokens) ?? part(creation?.ephemeral_5m_input_tokens) + hour;
  const details = isFields(usage.output_tokens_details) ? usage.output_tokens_details : undefined;
  return reported(input + cacheReads + cacheWrites, output, {
    cachedInputTokens: cacheReads,
    cacheWriteTokens: cacheWrites,
    cacheWriteHourTokens: hour,
    reasoningTokens: part(details?.thinking_tokens),
    webSearches: isFields(usage.server_tool_use) ? part(usage.server_tool_use.web_search_requests) : 0,
  });
}

/** This wire omits zeros, so one count is sufficient. Thoughts and tool input are counted separately. */
function readGemini(usage: Fields): ReportedUsage | undefined {
  const prompt = count(usage.promptTokenCount);
  const candidates = count(usage.candidatesTokenCount);
  const thoughts = count(usage.thoughtsTokenCount);
  const tools = count(usage.toolUsePromptTokenCount);
  if (prompt === undefined && candidates === undefined && thoughts === undefined) return undefined;
  return reported((prompt ?? 0) + (tools ?? 0), (candidates ?? 0) + (thoughts ?? 0), {
    cachedInputTokens: part(usage.cachedContentTokenCount),
    reasoningTokens: thoughts ?? 0,
    inputAudioTokens:
      tokensOf('AUDIO', usage.promptTokensDetails) + tokensOf('AUDIO', usage.toolUsePromptTokensDetails),
    cachedAudioTokens: tokensOf('AUDIO', usage.cacheTokensDetails),
    outputAudioTokens: tokensOf('AUDIO', usage.candidatesTokensDetails),
    outputImageTokens: tokensOf('IMAGE', usage.candidatesTokensDetails),
  });
}

function tokensOf(modality: 'AUDIO' | 'IMAGE', details: unknown): number {
  if (!Array.isArray(details)) return 0;
  let tokens = 0;
  for (const detail of details as readonly unknown[])
    if (isFields(detail) && detail.modality === modality) tokens += part(detail.tokenCount);
  return tokens;
}

/** `billed_units` is the billed count; `tokens`, the model's own count, includes an unbilled preamble. */
function readCohere(usage: Fields): ReportedUsage | undefined {
  const counts = isFields(usage.billed_units) ? usage.billed_units : usage.tokens;
  if (!isFields(counts)) return undefined;
  const input = count(counts.input_tokens);
  const output = count(counts.output_tokens);
  if (input === undefined) return undefined;
  return reported(input, output ?? 0, {});
}

/** `inputTokens` excludes both kinds of cached tokens, as Anthropic's. */
function readBedrock(usage: Fields): ReportedUsage | undefined {
  const input = count(usage.inputTokens);
  const output = count(usage.outputTokens);
  if (input === undefined || output === undefined) return undefined;
  const cacheReads = count(usage.cacheReadInputTokens) ?? 0;
  const cacheWrites = count(usage.cacheWriteInputTokens) ?? 0;
  let hour = 0;
  if (Array.isArray(usage.cacheDetails))
    for (const detail of usage.cacheDetails as readonly unknown[])
      if (isFields(detail) && detail.ttl === '1h') hour += part(detail.inputTokens);
  return reported(input + cacheReads + cacheWrites, output, {
    cachedInputTokens: cacheReads,
    cacheWriteTokens: cacheWrites,
    cacheWriteHourTokens: hour,
  });
}
