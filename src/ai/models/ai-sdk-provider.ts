/**
 * Models through any AI SDK provider package: Anthropic, Google Gemini, Amazon Bedrock, Cohere, Mistral, and others that
 * are installed. The door of `@ai-sdk/*`; a package is loaded when it is first used.
 *
 * A request is mapped whole or refused: what a package would leave out is found before anything is sent
 * (ai-sdk-rehearsal.ts). One call is one HTTP request, except where embeddings need several. The host comes from the
 * configuration or the package, the key from the configuration; neither is ever taken from a request.
 */
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { invariant } from '../../lib/index.ts';
import { readAiSdkAnswer } from './ai-sdk-answer.ts';
import { aiSdkEmbeddings } from './ai-sdk-embed.ts';
import { endingOf } from './ai-sdk-ending.ts';
import { aiSdkFailure, requestIdIn } from './ai-sdk-failure.ts';
import { AiSdkExchange, aiSdkFetch, inExchange } from './ai-sdk-fetch.ts';
import { factsOf } from './ai-sdk-flavour.ts';
import { lacksCounts, withoutNewer } from './ai-sdk-newer.ts';
import { type AiSdkFactory, type AiSdkModels, loadAiSdkFactory } from './ai-sdk-package.ts';
import { AiSdkRehearsals } from './ai-sdk-rehearsal.ts';
import { aiSdkRequest } from './ai-sdk-request.ts';
import { aiSdkStream } from './ai-sdk-stream.ts';
import { brokenUsage } from './ai-sdk-usage.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { estimateUsage } from './estimate-usage.ts';
import { type ModelProvider, type ModelRequest, type ProviderCall, ProviderFailure } from './model.ts';
import { parseJson, recordOf, textIn } from './outside-json.ts';
import { deadlinePassed, withinBounds } from './within-bounds.ts';

export { checkAiSdkPackage } from './ai-sdk-package.ts';

export interface AiSdkProviderOptions {
  /** The provider's name in `ai.providers`. */
  readonly name: string;
  /** Such as `@ai-sdk/anthropic`. */
  readonly package: string;
  /** Empty where the settings hold credentials (Bedrock's `accessKeyId`), or none are needed. */
  readonly keys: readonly string[];
  /** The endpoint that the package's paths hang on. @default the package's own */
  readonly baseUrl?: string | undefined;
  /** Handed to the package's factory as they are: `region`, `resourceName`, `headers`, … */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The folder of supergraph.yaml: where packages are looked for that Isthmus does not bring. */
  readonly resolveFrom: string;
  /** The largest answer that is read. @default 10 MB */
  readonly maxBytes?: number;
}

export function createAiSdkProvider(options: AiSdkProviderOptions): ModelProvider {
  const { name, keys, settings } = options;
  const facts = factsOf(options.package);
  const { flavour } = facts;
  const send = boundedFetch({ maxBytes: options.maxBytes ?? 10_000_000 });
  const fetchNoted = aiSdkFetch(send);
  const secrets = [...keys, ...secretsIn(settings)];
  const rehearsals = new AiSdkRehearsals(facts);
  const modelsByKey = new Map<number, AiSdkModels>();
  const languageModels = new Map<string, LanguageModelV4>();
  let factory: Promise<AiSdkFactory> | undefined;

  async function modelsOf(key: number): Promise<AiSdkModels> {
    const found = modelsByKey.get(key);
    if (found !== undefined) return found;
    invariant(key >= 0 && key < Math.max(1, keys.length), `provider ${name} has no key ${key}`);
    factory ??= loadAiSdkFactory(options.package, options.resolveFrom);
    const create = await factory.catch((error: unknown) => {
      // Once it is installed it is found, without a restart.
      factory = undefined;
      throw error;
    });
    const baseUrl = options.baseUrl ?? facts.defaultBaseUrl;
    const models = create({
      ...settings,
      ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
      ...apiKeyOf(keys[key]),
      fetch: fetchNoted,
    });
    modelsByKey.set(key, models);
    return models;
  }

  /** Without a key, an empty one keeps a package we know from taking one of the environment's. */
  function apiKeyOf(key: string | undefined): { readonly apiKey?: string } {
    if (key !== undefined) return { apiKey: key };
    return flavour === 'other' || settings.apiKey !== undefined ? {} : { apiKey: '' };
  }

  async function languageModelOf(model: string, key: number): Promise<LanguageModelV4> {
    const name = `${key}/${model}`;
    let found = languageModels.get(name);
    if (found === undefined) {
      found = (await modelsOf(key)).languageModel(model);
      languageModels.set(name, found);
    }
    return found;
  }

  async function prepare(modelName: string, request: ModelRequest, call: ProviderCall) {
    const model = await withinBounds(call, () => languageModelOf(modelName, call.key));
    const supportedUrls = await withinBounds(call, async () => model.supportedUrls);
    const { options: asked, reading } = aiSdkRequest(modelName, request, call.structured, facts, supportedUrls);
    return { model, reading, options: await rehearsals.checked(model, request, asked, call) };
  }

  return {
    name,
    keys: Math.max(1, keys.length),
    async complete(modelName, request, call) {
      const ending = endingOf(call);
      const exchange = new AiSdkExchange(ending.signal);
      try {
        const { model, reading, options: asked } = await prepare(modelName, request, call);
        const generate = () =>
          withinBounds(call, () =>
            inExchange(exchange, () => model.doGenerate({ ...asked, abortSignal: ending.signal })),
          );
        const result = await generate().catch((error: unknown) => {
          const body = textIn(recordOf(error).responseBody) ?? '';
          const simpler = exchange.isPaid ? withoutNewer(flavour, body) : undefined;
          if (simpler === undefined) throw error;
          exchange.lacksCounts = flavour === 'anthropic' && lacksCounts(recordOf(parseJson(body)));
          exchange.replay = simpler;
          return generate();
        });
        return readAiSdkAnswer(result, { flavour, request, reading, exchange });
      } catch (error) {
        call.signal.throwIfAborted();
        const cause = call.deadline.passed ? deadlinePassed() : error;
        throw aiSdkFailure(cause, { secrets, usage: usageOf(cause), requestId: requestIdIn(exchange.headers) });
      } finally {
        ending.end();
      }

      function usageOf(cause: unknown) {
        // An answer that the package could not read may count all the same.
        const body = recordOf(parseJson(textIn(recordOf(cause).responseBody) ?? ''));
        if (exchange.isPaid) return brokenUsage(flavour, body.usage ?? body.usageMetadata, request, '');
        const isLate = cause instanceof ProviderFailure && cause.kind === 'timeout';
        return isLate && exchange.state !== 'unsent' ? estimateUsage(request, '') : undefined;
      }
    },
    stream(modelName, request, call) {
      return aiSdkStream({ flavour, request, bounds: call, secrets, prepare: () => prepare(modelName, request, call) });
    },
    async embed(modelName, request, call) {
      const ending = endingOf(call);
      try {
        const models = await withinBounds(call, () => modelsOf(call.key));
        const model = models.embeddingModel(modelName);
        return await aiSdkEmbeddings({ model, facts, request, bounds: call, signal: ending.signal, secrets });
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

/** Texts in the settings that nobody may be told: keys, tokens, passwords, headers that hold them, at any depth. */
function secretsIn(settings: unknown, isSecret = false, depth = 0): readonly string[] {
  if (typeof settings === 'string') return isSecret && settings !== '' ? [settings] : [];
  if (depth > 4) return [];
  return Object.entries(recordOf(settings)).flatMap(([name, value]) =>
    secretsIn(value, isSecret || /key|token|secret|password|credential|auth|cookie/i.test(name), depth + 1),
  );
}
