import { adaptationOf, reportRemoved, withoutCacheMarks, withoutOptional } from '../../fitting/index.ts';
import {
  type CallBounds,
  type Embeddings,
  type ModelAnswer,
  type ModelProvider,
  type ModelRequest,
  type ProviderCall,
  ProviderFailure,
  type ProviderStreamPart,
  textOf,
} from '../../model-call/index.ts';
import { estimateTokens } from '../../tokens/index.ts';
import type { LocalJob, LocalResult } from './local-job.ts';
import { createLocalModels, type LocalModels, type LocalModelsOptions } from './local-models.ts';

export interface LocalProviderOptions extends LocalModelsOptions {
  /** The models of another owner, who closes them. @default a worker thread of this provider */
  readonly models?: LocalModels | undefined;
}

/** One message to the worker contains this many texts, so that other calls are not delayed: 130 ms. */
const textsPerJob = 16;

const useLiteDimensions = 512;

/** The embedding model's tokenizer takes quadratic time; 8,000 characters take 0.25 s and exceed the model's input. */
const maxTextCharacters = 8_000;

/**
 * The built-in models, which need no key and no network: `extractive` (answers; see `extractive-answer.ts`) and
 * `use-lite` (vectors of 512 numbers for English text; see `sentence-embedder.ts`). Both run in one worker thread
 * (`local-models.ts`), because reading and embedding block their thread. It writes nothing to stdout or stderr, whatever
 * its packages print.
 *
 * The packages are only imported in the worker: `read-text.ts` for wink-nlp, `sentence-embedder.ts` for
 * `@energetic-ai/*`.
 */
export function createLocalProvider(options: LocalProviderOptions): ModelProvider {
  const { name } = options;
  const models = options.models ?? createLocalModels(options);

  const failure = (kind: ProviderFailure['kind'], detail: string) =>
    new ProviderFailure({ kind, detail: `${name}: ${detail}` });

  const run = (work: LocalJob, bounds: CallBounds): Promise<LocalResult> => models.run(work, bounds);

  function failed(result: LocalResult): ProviderFailure {
    if (result.kind === 'cannot') return failure('unsupported', result.detail);
    return failure('server_error', result.kind === 'failed' ? result.detail : 'the worker gave another answer');
  }

  async function complete(model: string, original: ModelRequest, bounds: ProviderCall): Promise<ModelAnswer> {
    if (model === 'use-lite') throw failure('unsupported', 'use-lite gives embeddings, and no completions');
    if (model !== 'extractive')
      throw failure('not_found', `it has no model "${model}", only "extractive" and "use-lite"`);
    const request = fitted(original, bounds);
    const unsupported = unsupportedFeature(request);
    if (unsupported !== undefined) throw failure('unsupported', `extractive cannot do ${unsupported}`);
    const { wire: _, ...plain } = request;
    const result = await run({ kind: 'complete', request: plain }, bounds);
    if (result.kind !== 'completed') throw failed(result);
    return result.answer;
  }

  return {
    name,
    keys: 1,
    complete,
    async *stream(model, request, bounds): AsyncGenerator<ProviderStreamPart> {
      let answer: ModelAnswer;
      try {
        answer = await complete(model, request, bounds);
      } catch (error) {
        bounds.signal.throwIfAborted();
        if (!(error instanceof ProviderFailure)) throw error;
        yield { type: 'failed', failure: error };
        return;
      }
      // The whole text is available at once; it is emitted word by word like any other stream.
      for (const text of textOf(answer).match(/\s*\S+\s*$|\s*\S+/g) ?? []) yield { type: 'text_delta', index: 0, text };
      yield { type: 'end', answer };
    },
    async embed(model, { texts, tokens, dimensions }, bounds): Promise<Embeddings> {
      if (tokens !== undefined) throw new ProviderFailure({ kind: 'unsupported', detail: 'input of token ids' });
      if (model === 'extractive') throw failure('unsupported', 'extractive gives completions, and no embeddings');
      if (model !== 'use-lite')
        throw failure('not_found', `it has no model "${model}", only "extractive" and "use-lite"`);
      if (dimensions !== undefined && dimensions !== useLiteDimensions)
        throw failure('unsupported', `use-lite gives ${useLiteDimensions} dimensions, not ${dimensions}`);
      const long = texts.find(({ length }) => length > maxTextCharacters);
      if (long !== undefined)
        throw failure('context_window', `use-lite reads ${maxTextCharacters} characters, not ${long.length}`);
      const vectors: Float32Array[] = [];
      for (let start = 0; start < texts.length; start += textsPerJob) {
        const result = await run({ kind: 'embed', texts: texts.slice(start, start + textsPerJob) }, bounds);
        if (result.kind !== 'embedded') throw failed(result);
        vectors.push(...result.vectors);
      }
      const inputTokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
      return { vectors, usage: { inputTokens, outputTokens: 0, source: 'estimated' } };
    },
    close: async () => {
      if (options.models === undefined) await models.close();
    },
  };
}

/**
 * The feature of a request that the extractive model does not support; `undefined` if it supports all. Its answers are
 * deterministic, so sampling settings and seeds have no effect.
 */
/** Settings without effect on the model's answer. */
function fitted(request: ModelRequest, call: ProviderCall): ModelRequest {
  const adaptation = adaptationOf(request, 'adapt', call);
  reportRemoved(request, adaptation);
  if (request.user !== undefined) adaptation.omit('user');
  return withoutCacheMarks(withoutOptional(request, adaptation), adaptation);
}

function unsupportedFeature(request: ModelRequest): string | undefined {
  if (request.tools !== undefined && request.tools.length > 0 && request.toolChoice !== 'none') return 'tools';
  if (request.output.kind === 'json' && request.output.schema === undefined) return 'JSON without a schema';
  if (request.reasoning !== undefined && request.reasoning.effort !== 'none') return 'reasoning';
  if (request.stop !== undefined && request.stop.length > 0) return 'stop';
  if (request.wire !== undefined && request.wire.unmapped.length > 0) return request.wire.unmapped.join(', ');
  for (const message of request.messages) {
    if (message.role === 'system') continue;
    for (const part of message.content) {
      if (part.type === 'image' || part.type === 'file') return `${part.type}s`;
    }
  }
  return undefined;
}
