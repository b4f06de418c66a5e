import type * as OpenAiPackage from 'openai';
import type { HttpClient } from '../../../config/index.ts';
import { longestTimerMs, onDemand, packageOnDemand, parseJsonAnswer } from '../../../lib/index.ts';
import { adaptationOf, reportRemoved } from '../../fitting/index.ts';
import {
  type EmbeddingRequest,
  type Embeddings,
  type JsonObject,
  type ModelProvider,
  type ModelRequest,
  type ProviderCall,
  ProviderFailure,
  type UnsupportedPolicy,
} from '../../model-call/index.ts';
import {
  ChatStreamReader,
  normaliseChatCompletion,
  readChatCompletion,
  writeChatRequest,
} from '../../wires/openai-chat/index.ts';
import { type EmbeddingInput, joinEmbeddings, readEmbeddings } from '../../wires/openai-embeddings/index.ts';
import { readModerations } from '../../wires/openai-moderations/index.ts';
import {
  normaliseResponse,
  ResponsesStreamReader,
  readResponse,
  writeResponsesRequest,
} from '../../wires/openai-responses/index.ts';
import type { AnswerContext, StreamReader } from '../../wires/shared/index.ts';
import {
  callIdFormAt,
  dialectOf,
  failureOfAnswer,
  hasMoreOutput,
  passedRequest,
  requestIdOf,
  withBodyCallIds,
  withCallIds,
  withMediaAfterResults,
} from '../../wires/shared/index.ts';
import type { HttpExchange } from '../http/index.ts';
import { createHttpPool, type HttpMessage, providerStream } from '../http/index.ts';
import { fitForOpenAi } from './fit-openai.ts';
import { fitPassed } from './fit-passed.ts';
import { createUrls, headersFor } from './openai-endpoint.ts';

const openAiPackage = packageOnDemand<typeof OpenAiPackage>('openai');

export interface OpenAiProviderOptions {
  /** The provider's name in `ai.providers`. */
  readonly name: string;
  /**
   * The base URL of `/chat/completions`, `/responses` and `/embeddings`, such as `https://api.openai.com/v1`. `{model}`
   * in it is replaced by the model's id, as in Azure's `…/openai/deployments/{model}`.
   */
  readonly baseUrl: string;
  /** The call selects one of them. Empty (self-hosted servers): no such header is sent. */
  readonly keys: readonly string[];
  /** How a key is sent: `Authorization: Bearer`, or Azure's `api-key`. @default 'bearer' */
  readonly auth?: 'bearer' | 'api-key';
  /** Azure's `?api-version=`. @default none */
  readonly apiVersion?: string;
  /** What sends the requests. @default 'lean' */
  readonly client?: HttpClient | undefined;
  /** The wire of completions. @default 'chat' */
  readonly wire?: 'chat' | 'responses';
  /** The policy for fields that a target does not support. @default 'refuse' */
  readonly unsupported?: UnsupportedPolicy;
  /**
   * The bound of an answer's body in bytes; a stream, with its framing, may be 16 times as large. @default 10_000_000
   */
  readonly maxBytes?: number;
}

/** The batch size of embeddings: 100 vectors of 3,072 numbers are about 6 MB of JSON. */
const textsPerCall = 100;

/** The ratio of the bytes of a streamed token to one in a complete answer. */
const streamFraming = 16;

/**
 * OpenAI, and every endpoint of its wires: chat completions or responses, and embeddings. The only import of the
 * package `openai`, which serialises and sends embeddings and moderations over this provider's own connections; answers,
 * retries and routing are handled here. Completions bypass the package, which takes 0.14 ms of CPU per call.
 *
 * Nothing that the package or the environment adds (organisations, platform reports, user agents) is sent. Answers are
 * untrusted data; every failure is a `ProviderFailure` without any key. If the provider reports no usage it is
 * estimated.
 */
export function createOpenAiProvider(options: OpenAiProviderOptions): ModelProvider {
  const { name, keys, auth = 'bearer', wire = 'chat', maxBytes = 10_000_000, unsupported = 'refuse' } = options;
  const endpoint = wire === 'chat' ? '/chat/completions' : '/responses';
  const wireName = wire === 'chat' ? 'openai-chat' : 'openai-responses';
  const urlOf = createUrls(options.baseUrl, options.apiVersion);
  const { host, hostname } = urlOf('', 'model');
  const dialect = dialectOf(hostname);
  const headersByKey = (keys.length === 0 ? [undefined] : keys).map((key) => headersFor(key, auth));
  const pool = createHttpPool({ client: options.client });

  function send(url: URL, body: string, call: ProviderCall, maxAnswer: number): HttpExchange {
    const fixedHeaders = headersByKey[call.key] ?? headersByKey[0] ?? [];
    const message: HttpMessage = { method: 'POST', url, fixedHeaders, headers: [], body, maxBytes: maxAnswer };
    return pool.send(message, call);
  }

  const client = onDemand(
    () =>
      new (openAiPackage().OpenAI)({
        baseURL: urlOf('', 'model').href,
        fetch: async (input, init) => {
          const { call, maxAnswer } = init as unknown as SentInit;
          return new OpenedResponse(send(new URL(input as string), String(init?.body), call, maxAnswer));
        },
        maxRetries: 0,
        // The call's own deadline bounds the exchange.
        timeout: longestTimerMs,
        logLevel: 'off',
        // The package requires a key and would read these from the environment; `send` writes the only headers.
        apiKey: 'unused',
        adminAPIKey: null,
        organization: null,
        project: null,
        webhookSecret: null,
      }),
  );

  /** Sends through the package. Its promise resolves with the response that its `fetch` returned. */
  async function post(url: URL, body: JsonObject, call: ProviderCall, maxAnswer: number): Promise<HttpExchange> {
    call.signal.throwIfAborted();
    const fetchOptions: SentInit = { call, maxAnswer };
    try {
      const response = await client()
        .post(url.href, { body, fetchOptions: fetchOptions as object })
        .asResponse();
      return (response as OpenedResponse).exchange;
    } catch (error) {
      call.signal.throwIfAborted();
      // `send` refuses requests after their deadline; the package wraps the error.
      if (error instanceof Error && error.cause instanceof ProviderFailure) throw error.cause;
      throw new ProviderFailure({ kind: 'invalid_request', detail: 'the request cannot be written' });
    }
  }

  /** Sends a completion: as the client wrote it where it came on this wire, else translated. */
  async function begin(model: string, request: ModelRequest, call: ProviderCall, streams: boolean) {
    const url = urlOf(endpoint, model);
    const maxAnswer = streams ? maxBytes * streamFraming : maxBytes;
    const adaptation = adaptationOf(request, unsupported, call);
    reportRemoved(request, adaptation);
    const fit = (body: JsonObject) => fitPassed(body, model, request, dialect, adaptation);
    const idForm = callIdFormAt(url.hostname, wireName);
    const passed = passedRequest(request, wireName, model, streams, fit, dialect);
    if (passed !== undefined) {
      const context: AnswerContext = { provider: name, request, reading: undefined, keys, passing: passed };
      const passedBody = withBodyCallIds(passed.body, wireName, idForm);
      return { exchange: send(url, JSON.stringify(passedBody), call, maxAnswer), context };
    }
    const fitted = withCallIds(fitForOpenAi(model, request, wire, dialect, adaptation), idForm);
    const { body, reading } =
      wire === 'chat'
        ? writeChatRequest(model, withResultsAsText(fitted), call.structured, dialect, streams)
        : writeResponsesRequest(name, model, fitted, call.structured, streams);
    const context: AnswerContext = { provider: name, request, reading, keys, passing: undefined };
    return { exchange: send(url, JSON.stringify(body), call, maxAnswer), context };
  }

  return {
    name,
    keys: Math.max(1, keys.length),
    server: host,
    announcesSends: true,
    async complete(model, request, call) {
      const { exchange, context } = await begin(model, request, call, false);
      const { text, requestId } = await readBody(exchange, keys);
      const body = parseBody(text);
      const answer = wire === 'chat' ? readChatCompletion(body, context) : readResponse(body, context);
      const identified = requestId === undefined ? answer : { ...answer, requestId };
      if (context.passing === undefined) return identified;
      const normalise = wire === 'chat' ? normaliseChatCompletion : normaliseResponse;
      const passed = { ...identified, wire: normalise(text, body, answer) };
      return hasMoreOutput(wireName, body) ? { ...passed, hasUnmappedOutput: true } : passed;
    },
    stream: (model, request, call) =>
      providerStream(
        async () => {
          const { exchange, context } = await begin(model, request, call, true);
          const reader: StreamReader =
            wire === 'chat' ? new ChatStreamReader(context) : new ResponsesStreamReader(context);
          return { exchange, reader };
        },
        { signal: call.signal, keys, maxEventLength: maxBytes },
      ),
    async embed(model, request, call) {
      const url = urlOf('/embeddings', model);
      const parts: Embeddings[] = [];
      const inputs: readonly EmbeddingInput[] = request.tokens ?? request.texts;
      for (let start = 0; start < inputs.length; start += textsPerCall) {
        const input = inputs.slice(start, start + textsPerCall);
        try {
          const exchange = await post(url, embeddingBody(model, input, request), call, maxBytes);
          const { text, requestId } = await readBody(exchange, keys);
          const read = readEmbeddings(parseBody(text), input, keys);
          parts.push(requestId === undefined ? read : { ...read, requestId });
        } catch (error) {
          if (!(error instanceof ProviderFailure)) throw error;
          throw unsupportedEmbeddings(error) ?? (parts.length > 0 ? withUsage(error, parts) : error);
        }
      }
      return joinEmbeddings(parts);
    },
    async moderate(model, texts, call) {
      const exchange = await post(urlOf('/moderations', model), { model, input: texts }, call, maxBytes);
      const { text, requestId } = await readBody(exchange, keys);
      const read = readModerations(parseBody(text), texts, keys);
      return requestId === undefined ? read : { ...read, requestId };
    },
    close: () => pool.close(),
  };
}

/** Results of tools are text on the chat wire: images among them follow. */
function withResultsAsText(request: ModelRequest): ModelRequest {
  const messages = withMediaAfterResults(request.messages);
  return messages === request.messages ? request : { ...request, messages };
}

/** What travels through the package to its `fetch`. */
interface SentInit {
  readonly call: ProviderCall;
  readonly maxAnswer: number;
}

/** What the package takes for an answer: the exchange itself, before anything has arrived. */
class OpenedResponse extends Response {
  readonly exchange: HttpExchange;

  constructor(exchange: HttpExchange) {
    super(null);
    this.exchange = exchange;
  }
}

async function readBody(exchange: HttpExchange, keys: readonly string[]) {
  const text = await exchange.text();
  const { status, headers } = exchange;
  if (status < 200 || status >= 300) throw failureOfAnswer({ status, headers, body: text }, keys);
  return { text, requestId: requestIdOf(headers) };
}

function parseBody(text: string): unknown {
  try {
    return parseJsonAnswer(text);
  } catch {
    throw new ProviderFailure({ kind: 'malformed', detail: 'the answer is not JSON' });
  }
}

function embeddingBody(
  model: string,
  input: readonly EmbeddingInput[],
  { dimensions, user }: EmbeddingRequest,
): JsonObject {
  return {
    model,
    input,
    encoding_format: 'float',
    ...(dimensions === undefined ? {} : { dimensions }),
    ...(user === undefined ? {} : { user }),
  };
}

/** Endpoints and models that give no vectors say so in many ways; none of them passes. */
function unsupportedEmbeddings({ status, detail }: ProviderFailure): ProviderFailure | undefined {
  const isNone = status === 404 || status === 405 || status === 501;
  const isRefused = (status === 400 || status === 403) && /embedding/i.test(detail);
  if (!isNone && !(isRefused && /not (?:allowed|support)|does(?:n[o’']t| not) support|unsupported/i.test(detail))) {
    return undefined;
  }
  return new ProviderFailure({ kind: 'unsupported', detail: `embeddings (${detail})`, status });
}

/** Texts embedded before one part failed are paid for. */
function withUsage(failure: ProviderFailure, parts: readonly Embeddings[]): ProviderFailure {
  return new ProviderFailure({
    kind: failure.kind,
    detail: failure.detail,
    ...(failure.status === undefined ? {} : { status: failure.status }),
    ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
    ...(failure.requestId === undefined ? {} : { requestId: failure.requestId }),
    usage: joinEmbeddings(parts).usage,
  });
}
