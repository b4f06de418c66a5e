/** Embeddings through an AI SDK package, in as many requests as its provider's batch size requires. */
import type { EmbeddingModelV4, SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { Adaptation } from '../../fitting/index.ts';
import {
  type CallBounds,
  type EmbeddingRequest,
  type Embeddings,
  ProviderFailure,
  recordOf,
  type Usage,
} from '../../model-call/index.ts';
import { estimateTokens } from '../../tokens/index.ts';
import { readUsage } from '../../wires/shared/index.ts';
import type { CallEnding } from './call-ending.ts';
import { AiSdkExchange, inExchange } from './observed-fetch.ts';
import type { AiSdkDialect, AiSdkPackageFacts } from './package-dialect.ts';
import { aiSdkFailure, requestIdIn } from './read-failure.ts';

/** The batch size if a package does not declare one. */
const textsPerRequest = 100;

export interface AiSdkEmbedding {
  readonly model: EmbeddingModelV4;
  readonly facts: AiSdkPackageFacts;
  readonly request: EmbeddingRequest;
  /** The caller's. */
  readonly bounds: CallBounds;
  readonly ending: CallEnding;
  readonly secrets: readonly string[];
  readonly adaptation: Adaptation;
}

/** Rejects with a `ProviderFailure`, which carries the usage of the requests that succeeded before. */
export async function aiSdkEmbeddings(call: AiSdkEmbedding): Promise<Embeddings> {
  const { model, facts, request, bounds, ending, secrets, adaptation } = call;
  if (request.tokens !== undefined) throw new ProviderFailure({ kind: 'unsupported', detail: 'input of token ids' });
  if (request.user !== undefined) adaptation.omit('user');
  const perRequest = Math.max(1, (await model.maxEmbeddingsPerCall) ?? textsPerRequest);
  const vectors: Float32Array[] = [];
  let usage: Usage | undefined;
  let requestId: string | undefined;
  for (let start = 0; start < request.texts.length; start += perRequest) {
    const values = request.texts.slice(start, start + perRequest);
    const exchange = new AiSdkExchange(ending.bounds);
    const callOptions = { values, abortSignal: ending.bounds.signal, ...dimensionsOf(request.dimensions, facts) };
    try {
      const result = await ending.race(() => inExchange(exchange, () => model.doEmbed(callOptions)));
      usage = sum(usage, usageOf(facts.dialect, result, values));
      const unsupported = result.warnings.find(({ type }) => type === 'unsupported');
      if (unsupported?.type === 'unsupported') {
        throw new ProviderFailure({ kind: 'unsupported', detail: unsupported.feature });
      }
      for (const vector of readVectors(result.embeddings, values.length, request.dimensions)) vectors.push(vector);
      requestId ??= requestIdIn(exchange.headers);
    } catch (error) {
      bounds.signal.throwIfAborted();
      throw aiSdkFailure(error, { secrets, usage, requestId: requestIdIn(exchange.headers) });
    }
  }
  return {
    vectors,
    usage: usage ?? { inputTokens: 0, outputTokens: 0, source: 'reported' },
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** Packages that ignore the AI SDK's own setting accept it as an option. */
function dimensionsOf(dimensions: number | undefined, { dialect, namespace }: AiSdkPackageFacts) {
  if (dimensions === undefined) return {};
  const providerOptions: SharedV4ProviderOptions = {};
  if (dialect === 'cohere') providerOptions[namespace] = { outputDimension: dimensions };
  if (dialect === 'bedrock') providerOptions[namespace] = { dimensions };
  return { dimensions, providerOptions };
}

function readVectors(embeddings: unknown, count: number, dimensions: number | undefined): readonly Float32Array[] {
  if (!Array.isArray(embeddings) || embeddings.length !== count) throw malformed('vectors are missing');
  return embeddings.map((vector: unknown) => {
    if (!Array.isArray(vector) || vector.length === 0 || !vector.every(Number.isFinite)) {
      throw malformed('a vector is malformed');
    }
    if (dimensions !== undefined && vector.length !== dimensions) {
      throw new ProviderFailure({
        kind: 'unsupported',
        detail: `dimensions ${dimensions} (it gives ${vector.length})`,
      });
    }
    return Float32Array.from(vector as number[]);
  });
}

function malformed(detail: string): ProviderFailure {
  return new ProviderFailure({ kind: 'malformed', detail });
}

function usageOf(
  dialect: AiSdkDialect,
  result: Awaited<ReturnType<EmbeddingModelV4['doEmbed']>>,
  texts: string[],
): Usage {
  const { usage, meta } = recordOf(result.response?.body);
  const reported = dialect === 'cohere' ? readUsage('cohere', meta) : readUsage('openai-embeddings', usage);
  if (reported !== undefined) return reported;
  const tokens = result.usage?.tokens;
  if (tokens !== undefined && Number.isSafeInteger(tokens) && tokens > 0) {
    return { inputTokens: tokens, outputTokens: 0, source: 'reported' };
  }
  const estimated = texts.reduce((total, text) => total + estimateTokens(text), 0);
  return { inputTokens: estimated, outputTokens: 0, source: 'estimated' };
}

function sum(before: Usage | undefined, { inputTokens, source }: Usage): Usage {
  return {
    inputTokens: (before?.inputTokens ?? 0) + inputTokens,
    outputTokens: 0,
    source: source === 'reported' && before?.source !== 'estimated' ? 'reported' : 'estimated',
  };
}
