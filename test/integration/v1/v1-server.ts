import { Writable } from 'node:stream';
import { anonymous } from '../../../src/access/index.ts';
import { Budgets } from '../../../src/ai/budgets/index.ts';
import type { PublishedPrompt } from '../../../src/ai/fields/prompts/published-prompt.ts';
import type { Completion, EmbeddingCompletion } from '../../../src/ai/model-call/index.ts';
import type { EmbeddingCall, ModelCall, ModelClient, ModelStreamPart } from '../../../src/ai/models/index.ts';
import { ProcessCounters } from '../../../src/counters/index.ts';
import { GatewayError } from '../../../src/errors/index.ts';
import { createHttpServer } from '../../../src/http/index.ts';
import { createLogger } from '../../../src/observability/index.ts';
import type { GatewayRuntime } from '../../../src/runtime/index.ts';

export interface V1ServerOptions {
  readonly prompts?: readonly PublishedPrompt[];
  readonly exposeReferences?: boolean;
  readonly callTimeoutMs?: number;
  readonly bodyBytes?: number;
  /** Replaces the scripted model client. */
  readonly client?: ModelClient;
}

/** A real Isthmus HTTP server with /v1, with a scripted model client that records its calls. */
export async function startV1Server(options: V1ServerOptions = {}) {
  const models = new TestModels();
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const log = createLogger({ level: 'debug', readable: false, destination });
  const config = {
    server: {
      host: '127.0.0.1',
      port: 0,
      v1: true,
      graphqlPath: '/graphql',
      landingPage: false,
      allowedOrigins: [],
      headersTimeoutMs: 5_000,
      requestTimeoutMs: 5_000,
      operationTimeoutMs: 5_000,
      writeTimeoutMs: 5_000,
      drainTimeoutMs: 200,
      network: { allow: [], deny: [], trustedProxies: [], proxyHeaders: 'x-forwarded' },
    },
    limits: { bodyBytes: options.bodyBytes ?? 1_048_576 },
    ai: { exposeReferences: options.exposeReferences ?? false, callTimeoutMs: options.callTimeoutMs ?? 10_000 },
  };
  const generation = {
    id: 'test',
    config,
    authenticator: { identify: () => anonymous },
    budgets: new Budgets({ budgets: [], counters: new ProcessCounters(), log }),
    models: options.client ?? models,
    prompts: options.prompts ?? [],
  };
  let leases = 0;
  const generations = {
    current: generation,
    acquire() {
      leases++;
      return { generation, release: () => leases-- };
    },
  };
  // What only GraphQL reads of a gateway is not there: no such request is sent.
  const gateway = { generations, prepareWith: async () => {} } as unknown as GatewayRuntime;
  const server = await createHttpServer({ gateway, log });
  const url = await server.listen({ port: 0 });
  return {
    url: `${url}/v1`,
    models,
    lines,
    leases: () => leases,
    post(path: string, body: unknown, headers: Record<string, string> = {}) {
      return fetch(`${url}/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    },
    close: () => server.drain(),
  };
}

export type V1Server = Awaited<ReturnType<typeof startV1Server>>;

type Scripted = readonly ModelStreamPart[] | ((call: ModelCall) => AsyncIterable<ModelStreamPart>);

/** One scripted answer for every call; records the calls. */
export class TestModels implements ModelClient {
  readonly calls: (ModelCall | EmbeddingCall)[] = [];
  answer: Completion | ((call: ModelCall) => Promise<Completion>) = completion({});
  parts: Scripted = [];
  vectors: readonly Float32Array[] = [];

  async complete(call: ModelCall): Promise<Completion> {
    this.#note(call);
    return typeof this.answer === 'function' ? this.answer(call) : this.answer;
  }

  async *stream(call: ModelCall): AsyncIterable<ModelStreamPart> {
    this.#note(call);
    yield* typeof this.parts === 'function' ? this.parts(call) : this.parts;
  }

  async embed(call: EmbeddingCall): Promise<EmbeddingCompletion> {
    this.#note(call);
    const usage = { inputTokens: 7, outputTokens: 0, source: 'reported' as const };
    return { vectors: this.vectors, usage, ...summary };
  }

  has(alias: string): boolean {
    return alias === 'fast' || alias === 'test/model-1';
  }

  list() {
    return [{ alias: 'fast', targets: ['test/model-1'] }];
  }

  async close(): Promise<void> {}

  #note(call: ModelCall | EmbeddingCall): void {
    this.calls.push(call);
    if (!this.has(call.alias)) throw new GatewayError('AI_MODEL_NOT_FOUND');
  }
}

const summary = {
  model: 'test/model-1',
  attempts: 1,
  cache: 'miss' as const,
  costNanoUsd: 140_000n,
  durationMs: 5,
};

export function completion(given: Partial<Completion>): Completion {
  return {
    content: [{ type: 'text', text: 'Hello there.' }],
    finishReason: 'stop',
    usage: { inputTokens: 10, outputTokens: 4, cachedInputTokens: 3, reasoningTokens: 1, source: 'reported' },
    ...summary,
    ...given,
  };
}

export const start: ModelStreamPart = { type: 'start', model: 'test/model-1', cache: 'miss' };

/** A whole stream: start, the deltas, the end. */
export function streamOf(deltas: readonly ModelStreamPart[], answer: Partial<Completion> = {}): ModelStreamPart[] {
  return [start, ...deltas, { type: 'end', answer: completion(answer) }];
}

export const toolCallDeltas: readonly ModelStreamPart[] = [
  { type: 'text_delta', index: 0, text: 'Let me look.' },
  { type: 'tool_call_start', index: 1, id: 'call_1', name: 'weather' },
  { type: 'tool_call_delta', index: 1, arguments: '{"city":' },
  { type: 'tool_call_delta', index: 1, arguments: '"Paris"}' },
  { type: 'tool_call_start', index: 2, id: 'call_2', name: 'time' },
  { type: 'tool_call_delta', index: 2, arguments: '{}' },
];

export const toolCallAnswer: Partial<Completion> = {
  finishReason: 'tool_calls',
  content: [
    { type: 'text', text: 'Let me look.' },
    { type: 'tool_call', id: 'call_1', name: 'weather', arguments: '{"city":"Paris"}' },
    { type: 'tool_call', id: 'call_2', name: 'time', arguments: '{}' },
  ],
};
