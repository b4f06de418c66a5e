import type { Capability } from '../../../config/index.ts';
import type { ModelCallParameters } from '../../../observability/index.ts';
import { cacheMarksOf } from '../../fitting/index.ts';
import { choicesOf, type EmbeddingRequest, type ModelRequest } from '../../model-call/index.ts';
import { estimateInputTokens, estimateTokens } from '../../tokens/index.ts';
import { callNeeds } from './call-needs.ts';
import type { CallDemand } from './call-run.ts';

/** What routing needs to know of a chat request; computed lazily. */
export function chatDemand(request: ModelRequest): CallDemand {
  return {
    operation: 'chat',
    maxOutputTokens: request.maxOutputTokens,
    choices: choicesOf(request),
    estimateInputTokens: () => estimateInputTokens(request),
    needs: () => callNeeds(request),
    parameters: () => parametersOf(request),
    hasHourCacheWrites: () => request.cache?.ttl === '1h' || cacheMarksOf(request).some((mark) => mark.ttl === '1h'),
  };
}

function parametersOf(request: ModelRequest): ModelCallParameters {
  const { output, maxOutputTokens, temperature, topP, topK, frequencyPenalty, presencePenalty, seed, stop } = request;
  const settings = { temperature, topP, topK, frequencyPenalty, presencePenalty, seed, stop };
  return { output: output.kind, maxTokens: maxOutputTokens, ...settings };
}

const noCapabilities: ReadonlySet<Capability> = new Set();

export function embeddingDemand({ texts, tokens: ids = [], dimensions }: EmbeddingRequest): CallDemand {
  return {
    operation: 'embeddings',
    maxOutputTokens: 0,
    choices: 1,
    estimateInputTokens: () => {
      let tokens = 0;
      for (const text of texts) tokens += estimateTokens(text);
      for (const text of ids) tokens += text.length;
      return tokens;
    },
    needs: () => noCapabilities,
    parameters: () => ({ dimensions }),
    hasHourCacheWrites: () => false,
  };
}
