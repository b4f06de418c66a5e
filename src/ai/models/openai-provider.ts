import { OpenAI } from 'openai';
import type { StructuredOutput } from '../../config/index.ts';
import { GatewayError, messageOf } from '../../errors/index.ts';
import { unreachable } from '../../lib/index.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { readChatCompletion, reportedTokens, withoutCodeFence } from './chat-completion.ts';
import { estimateTokens } from './estimate-usage.ts';
import type { CallBounds, Embeddings, Message, ModelAnswer, ModelProvider, ModelRequest } from './model.ts';
import { redactKey } from './redact-key.ts';
import { type AskedSchema, objectRoot, strictJsonSchema } from './strict-json-schema.ts';
import { deadlinePassed, withinBounds } from './within-bounds.ts';

export interface OpenAiProviderOptions {
  /** The provider's name in `ai.providers`. */
  readonly name: string;
  /** The endpoint that `/chat/completions` and `/embeddings` hang on, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Sent as `Authorization: Bearer`. `undefined` (own servers): no such header is sent. */
  readonly apiKey: string | undefined;
  /** How JSON is asked for. @default 'json_schema' */
  readonly structured?: StructuredOutput;
  /** How JSON is asked for from single models, by model id; wins over `structured`. @default none */
  readonly structuredByModel?: ReadonlyMap<string, StructuredOutput>;
  /** The largest answer that is read, decoded. @default 10 MB */
  readonly maxBytes?: number;
}

type ChatRequest = OpenAI.ChatCompletionCreateParamsNonStreaming;

/** How one request is worded, and how the JSON text is found in its answer. */
interface Wording {
  readonly fields: Partial<ChatRequest>;
  readonly messages: readonly Message[];
  readJson(text: string): string;
}

/** Texts sent in one embeddings call: 100 vectors of 3,072 numbers are about 6 MB of JSON. */
const textsPerCall = 100;

/**
 * OpenAI, and every endpoint that speaks its chat completions wire. The door of the package `openai`.
 *
 * One call is one HTTP request: retries and routing are the model client's. What the provider sends is read as outside
 * data; every failure is `AI_MODEL_UNAVAILABLE` with the provider's status, code and sentence in `detail`, and neither
 * it nor its causes hold the API key.
 *
 * The bound of the answer goes out as `max_completion_tokens` to OpenAI's and Azure's own hosts, whose reasoning models
 * refuse the older name, and as `max_tokens` everywhere else, because many endpoints know no other.
 */
export function createOpenAiProvider(options: OpenAiProviderOptions): ModelProvider {
  const { name, apiKey } = options;
  const fetchAnswer = boundedFetch({
    maxBytes: options.maxBytes ?? 10_000_000,
    authorization: apiKey === undefined ? undefined : `Bearer ${apiKey}`,
  });
  const client = new OpenAI({
    baseURL: options.baseUrl,
    fetch: fetchAnswer,
    maxRetries: 0,
    logLevel: 'off',
    // The package insists on a key and would read these from the environment; `fetchAnswer` writes the only header.
    apiKey: apiKey ?? 'unused',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
  });
  const tokenBound = knowsMaxCompletionTokens(options.baseUrl) ? 'max_completion_tokens' : 'max_tokens';

  async function call<Answer>(
    bounds: CallBounds,
    ask: (options: OpenAI.RequestOptions) => Promise<unknown>,
    read: (body: unknown) => Answer,
  ): Promise<Answer> {
    try {
      return await withinBounds(bounds, async () => {
        const timeout = Math.min(Math.max(1, Math.ceil(bounds.deadline.remainingMs)), 2_147_483_647);
        return read(await ask({ signal: bounds.signal, timeout }));
      });
    } catch (error) {
      bounds.signal.throwIfAborted();
      throw unavailable(name, apiKey, bounds.deadline.passed ? deadlinePassed() : error);
    }
  }

  return {
    name,
    complete(model, request, bounds) {
      const structured = options.structuredByModel?.get(model) ?? options.structured ?? 'json_schema';
      const { fields, messages, readJson } = wordingOf(request, structured);
      const body: ChatRequest = {
        model,
        messages: messages.map(({ role, content }) => ({ role, content })),
        [tokenBound]: request.maxOutputTokens,
        ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
        ...fields,
      };
      return call(
        bounds,
        (callOptions) => client.chat.completions.create(body, callOptions),
        (answer): ModelAnswer => {
          const read = readChatCompletion(answer, request);
          return read.text === '' ? read : { ...read, text: readJson(read.text) };
        },
      );
    },
    async embed(model, texts, bounds) {
      const parts: Embeddings[] = [];
      for (let start = 0; start < texts.length; start += textsPerCall) {
        const input = texts.slice(start, start + textsPerCall);
        const body = { model, input, encoding_format: 'float' as const };
        parts.push(
          await call(
            bounds,
            (callOptions) => client.embeddings.create(body, callOptions),
            (answer) => readEmbeddings(answer, input),
          ),
        );
      }
      return joined(parts);
    },
    // Nothing is held between calls: connections belong to the process's pool and close when idle.
    close: async () => {},
  };
}

function wordingOf(request: ModelRequest, structured: StructuredOutput): Wording {
  const { messages, output } = request;
  if (output.kind === 'text') return { fields: {}, messages, readJson: (text) => text };
  const schemaName = output.name.slice(0, 64);
  const unfenced = (asked: AskedSchema) => (text: string) => asked.unwrap(withoutCodeFence(text));
  switch (structured) {
    case 'json_schema': {
      const asked = strictJsonSchema(output.schema);
      const json_schema = { name: schemaName, schema: { ...asked.schema }, strict: true };
      return { fields: { response_format: { type: 'json_schema', json_schema } }, messages, readJson: unfenced(asked) };
    }
    case 'json_object': {
      const asked = objectRoot(output.schema);
      const fields: Wording['fields'] = { response_format: { type: 'json_object' } };
      return { fields, messages: withSchema(messages, asked), readJson: unfenced(asked) };
    }
    case 'tool': {
      const asked = strictJsonSchema(output.schema);
      const tool = { name: schemaName, description: 'Gives the answer.', parameters: { ...asked.schema } };
      const fields: Wording['fields'] = {
        tools: [{ type: 'function', function: tool }],
        tool_choice: { type: 'function', function: { name: schemaName } },
      };
      return { fields, messages, readJson: unfenced(asked) };
    }
    case 'prompt': {
      const asked: AskedSchema = { schema: output.schema, unwrap: (text) => text };
      return { fields: {}, messages: withSchema(messages, asked), readJson: unfenced(asked) };
    }
    default:
      return unreachable(structured);
  }
}

/** The schema in the system's words; in the first system message where there is one, as some models take only one. */
function withSchema(messages: readonly Message[], { schema }: AskedSchema): readonly Message[] {
  const words = `Answer with JSON only, without prose and code fences. It must fit this JSON schema:\n${JSON.stringify(schema)}`;
  const [first, ...rest] = messages;
  if (first?.role !== 'system') return [{ role: 'system', content: words }, ...messages];
  return [{ role: 'system', content: `${first.content}\n\n${words}` }, ...rest];
}

function knowsMaxCompletionTokens(baseUrl: string): boolean {
  const { hostname } = new URL(baseUrl);
  return (
    hostname === 'api.openai.com' || hostname.endsWith('.api.openai.com') || hostname.endsWith('.openai.azure.com')
  );
}

function readEmbeddings(body: unknown, texts: readonly string[]): Embeddings {
  const answer = (body ?? {}) as { readonly data?: unknown; readonly usage?: unknown };
  if (!Array.isArray(answer.data) || answer.data.length !== texts.length) throw new Error('vectors are missing');
  const vectors: Float32Array[] = new Array(texts.length);
  for (const [position, entry] of answer.data.entries()) {
    const { embedding, index = position } = (entry ?? {}) as { readonly embedding?: unknown; readonly index?: unknown };
    const valid = Array.isArray(embedding) && embedding.length > 0 && embedding.every(Number.isFinite);
    if (!valid || typeof index !== 'number' || vectors[index] !== undefined || !(index in texts)) {
      throw new Error('a vector is malformed');
    }
    vectors[index] = Float32Array.from(embedding as number[]);
  }
  const reported = reportedTokens(answer.usage, 'prompt_tokens');
  const inputTokens = reported ?? texts.reduce((sum, text) => sum + estimateTokens(text), 0);
  return {
    vectors,
    usage: { inputTokens, outputTokens: 0, source: reported === undefined ? 'estimated' : 'reported' },
  };
}

function joined(parts: readonly Embeddings[]): Embeddings {
  return {
    vectors: parts.flatMap(({ vectors }) => vectors),
    usage: {
      inputTokens: parts.reduce((sum, { usage }) => sum + usage.inputTokens, 0),
      outputTokens: 0,
      source: parts.every(({ usage }) => usage.source === 'reported') ? 'reported' : 'estimated',
    },
  };
}

/** The failure without the key: the package's own error holds the provider's body and is not passed on. */
function unavailable(name: string, apiKey: string | undefined, error: unknown): GatewayError {
  const told = redactKey(describe(error), apiKey).slice(0, 500);
  const cause = new Error(told);
  if (error instanceof Error) cause.name = error.name === 'Error' ? error.constructor.name : error.name;
  return new GatewayError('AI_MODEL_UNAVAILABLE', { detail: `${name}: ${told}`, cause });
}

function describe(error: unknown): string {
  if (error instanceof GatewayError) return error.detail ?? error.message;
  if (error instanceof OpenAI.APIError && error.status !== undefined) {
    const sentence = error.message.replace(/^\d{3} /, '');
    const words = [error.status, error.code ?? error.type, sentence].filter(
      (word) => word !== undefined && word !== null,
    );
    return words.join(' ').slice(0, 2_000);
  }
  const told: string[] = [];
  for (let cause: unknown = error; cause !== undefined && told.length < 4; ) {
    told.push(messageOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return told.join(': ').slice(0, 2_000);
}
