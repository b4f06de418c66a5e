/**
 * Models through any AI SDK provider package: Google Gemini, Amazon Bedrock, Cohere, Mistral, and others that are
 * installed. The door of `@ai-sdk/*`; a package is loaded when it is first used.
 *
 * A request is mapped completely or refused: settings that a package would omit are detected before anything is sent
 * (check-warnings.ts). One call is one HTTP request, except for embeddings that need several. The host comes from the
 * configuration or the package, the key from the configuration; neither is ever taken from a request.
 */

import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { HttpClient } from '../../../config/index.ts';
import { invariant } from '../../../lib/index.ts';
import { Adaptation, adaptationOf } from '../../fitting/index.ts';
import {
  deadlinePassed,
  type ModelProvider,
  type ModelRequest,
  type ProviderCall,
  ProviderFailure,
  parseJson,
  recordOf,
  textIn,
  type UnsupportedPolicy,
} from '../../model-call/index.ts';
import { estimateUsage } from '../../tokens/index.ts';
import { boundedFetch, secretsIn } from '../http/index.ts';
import { type AiSdkFactory, type AiSdkModels, loadAiSdkFactory } from './ai-sdk-package.ts';
import { type CallEnding, callEndingOf } from './call-ending.ts';
import { AiSdkDryRuns } from './check-warnings.ts';
import { aiSdkEmbeddings } from './embed.ts';
import { withoutUnknownKinds } from './newer-events.ts';
import { AiSdkExchange, aiSdkFetch, inExchange } from './observed-fetch.ts';
import { factsOf } from './package-dialect.ts';
import { readAiSdkAnswer } from './read-answer.ts';
import { aiSdkFailure, requestIdIn } from './read-failure.ts';
import { aiSdkStream, type PreparedCall } from './read-stream.ts';
import { brokenUsage } from './read-usage.ts';
import { aiSdkRequest } from './write-call-options.ts';
import type { SupportedUrls } from './write-prompt.ts';

export { checkAiSdkPackage } from './ai-sdk-package.ts';

export interface AiSdkProviderOptions {
  /** The provider's name in `ai.providers`. */
  readonly name: string;
  /** Such as `@ai-sdk/google`. */
  readonly package: string;
  /** Empty if the settings contain credentials (Bedrock's `accessKeyId`), or none are needed. */
  readonly keys: readonly string[];
  /** The base URL of the package's paths. @default the package's own */
  readonly baseUrl?: string | undefined;
  /** Passed to the package's factory unchanged: `region`, `resourceName`, `headers`, … */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The folder of supergraph.yaml: optional packages are resolved from here. */
  readonly resolveFrom: string;
  /** The policy for fields that a target does not support. @default 'refuse' */
  readonly unsupported?: UnsupportedPolicy;
  /** What sends the requests. @default 'lean' */
  readonly client?: HttpClient | undefined;
  /** The bound of an answer's body in bytes. @default 10 MB */
  readonly maxBytes?: number;
}

interface ResolvedModel {
  readonly model: LanguageModelV4;
  readonly supportedUrls: SupportedUrls;
}

export function createAiSdkProvider(options: AiSdkProviderOptions): ModelProvider {
  const { name, keys, settings } = options;
  const facts = factsOf(options.package);
  const { dialect } = facts;
  const { maxBytes = 10_000_000, unsupported = 'refuse' } = options;
  const send = boundedFetch({ maxBytes, client: options.client });
  const fetchNoted = aiSdkFetch(send);
  const secrets = [...keys, ...secretsIn(settings)];
  const dryRuns = new AiSdkDryRuns(facts);
  const modelsByKey = new Map<number, AiSdkModels>();
  const languageModels = new Map<string, ResolvedModel>();
  let factory: Promise<AiSdkFactory> | undefined;

  async function modelsOf(key: number): Promise<AiSdkModels> {
    const loaded = modelsByKey.get(key);
    if (loaded !== undefined) return loaded;
    invariant(key >= 0 && key < Math.max(1, keys.length), `provider ${name} has no key ${key}`);
    factory ??= loadAiSdkFactory(options.package, options.resolveFrom);
    const create = await factory.catch((error: unknown) => {
      // A package that is installed later is found without a restart.
      factory = undefined;
      throw error;
    });
    const { baseUrl } = options;
    const models = create({
      ...settings,
      ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
      ...apiKeyOf(keys[key]),
      fetch: fetchNoted,
    });
    modelsByKey.set(key, models);
    return models;
  }

  /** Without a key, an empty one prevents known packages from reading a key from the environment. */
  function apiKeyOf(key: string | undefined): { readonly apiKey?: string } {
    if (key !== undefined) return { apiKey: key };
    return dialect === 'other' || settings.apiKey !== undefined ? {} : { apiKey: '' };
  }

  async function languageModelOf(model: string, key: number): Promise<ResolvedModel> {
    const languageModel = (await modelsOf(key)).languageModel(model);
    const entry = { model: languageModel, supportedUrls: await languageModel.supportedUrls };
    languageModels.set(`${key}/${model}`, entry);
    return entry;
  }

  async function prepare(
    modelName: string,
    request: ModelRequest,
    call: ProviderCall,
    ending: CallEnding,
  ): Promise<PreparedCall> {
    const cached = languageModels.get(`${call.key}/${modelName}`);
    const { model, supportedUrls } = cached ?? (await ending.race(() => languageModelOf(modelName, call.key)));
    const adaptation = adaptationOf(request, unsupported, call);
    const worded = aiSdkRequest(modelName, request, call.structured, facts, supportedUrls, adaptation);
    const { options: callOptions, reading } = worded;
    const { options: checked, accepted } = await dryRuns.checked(model, worded.request, callOptions, call, adaptation);
    return { model, reading, options: checked, accepted };
  }

  return {
    name,
    keys: Math.max(1, keys.length),
    server: options.baseUrl === undefined ? undefined : new URL(options.baseUrl).host,
    announcesSends: true,
    async complete(modelName, request, call) {
      const ending = callEndingOf(call);
      const exchange = new AiSdkExchange(ending.bounds);
      try {
        const { model, reading, options: prepared } = await prepare(modelName, request, call, ending);
        const callOptions = { ...prepared, abortSignal: ending.bounds.signal };
        const generate = () => ending.race(() => inExchange(exchange, () => model.doGenerate(callOptions)));
        const result = await generate().catch((error: unknown) => {
          const body = textIn(recordOf(error).responseBody) ?? '';
          const simplified = exchange.isPaid ? withoutUnknownKinds(dialect, body) : undefined;
          if (simplified === undefined) throw error;
          exchange.replay = simplified;
          return generate();
        });
        return readAiSdkAnswer(result, { dialect, request, reading, exchange });
      } catch (error) {
        call.signal.throwIfAborted();
        const cause = call.deadline.passed ? deadlinePassed() : error;
        throw aiSdkFailure(cause, { secrets, usage: usageOf(cause), requestId: requestIdIn(exchange.headers) });
      } finally {
        ending.end();
      }

      function usageOf(cause: unknown) {
        // An answer that the package could not parse may have usage all the same.
        const body = recordOf(parseJson(textIn(recordOf(cause).responseBody) ?? ''));
        if (exchange.isPaid) return brokenUsage(dialect, body.usage ?? body.usageMetadata, request, '');
        const isLate = cause instanceof ProviderFailure && cause.kind === 'timeout';
        return isLate && exchange.state !== 'unsent' ? estimateUsage(request, '') : undefined;
      }
    },
    stream(modelName, request, call) {
      const prepared = (ending: CallEnding) => prepare(modelName, request, call, ending);
      return aiSdkStream({ dialect, request, bounds: call, secrets, prepare: prepared });
    },
    async embed(modelName, request, call) {
      const ending = callEndingOf(call);
      try {
        const models = await ending.race(() => modelsOf(call.key));
        const model = models.embeddingModel(modelName);
        const adaptation = new Adaptation(unsupported, call.adapted);
        return await aiSdkEmbeddings({ model, facts, request, bounds: call, ending, secrets, adaptation });
      } catch (error) {
        call.signal.throwIfAborted();
        throw aiSdkFailure(call.deadline.passed ? deadlinePassed() : error, { secrets });
      } finally {
        ending.end();
      }
    },
    close: () => send.close(),
  };
}
