/** What a request asks of a model beside its texts; what it says nothing of is missing. */
export interface ModelCallParameters {
  readonly output?: 'text' | 'json' | undefined;
  readonly maxTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly seed?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  /** Of vectors. */
  readonly dimensions?: number | undefined;
}

/** One message of a conversation, as OpenTelemetry's conventions for generative AI write it. */
export interface CallMessage {
  readonly role: string;
  readonly parts: readonly Readonly<Record<string, string | undefined>>[];
  readonly finish_reason?: string;
}

/** What was said to a model and by it. */
export interface CallTexts {
  readonly input: readonly CallMessage[];
  /** Undefined: it did not answer. */
  readonly output: readonly CallMessage[] | undefined;
}

/** One model call as it is recorded: who asked, who answered, what it used, what it cost and by which price. */
export interface ModelCallRecord {
  /** ISO 8601, when the call began. */
  readonly at: string;
  /** The same on the clock of `performance.now()`. */
  readonly began: number;
  readonly requestId: string | undefined;
  readonly caller: { readonly id: string; readonly tenant: string };
  readonly operation: 'chat' | 'embeddings';
  readonly alias: string;
  readonly prompt: string | undefined;
  /** The reference of the target that was asked last, `<provider>/<model id>`; `undefined`: none was. */
  readonly model: string | undefined;
  /** The provider's host, with its port where that is not the scheme's own; `undefined`: it is in this process, or not known. */
  readonly server: string | undefined;
  readonly parameters: ModelCallParameters;
  /** The model's name as the provider answered it. */
  readonly respondedModel: string | undefined;
  readonly providerRequestId: string | undefined;
  /** Requests that went to providers, in order, with what each came to: `ok`, or the kind of failure. */
  readonly attempts: readonly { readonly model: string; readonly outcome: string; readonly durationMs: number }[];
  /** Everything the call used, failed attempts included; `undefined`: nothing was asked of a provider. */
  readonly usage:
    | {
        readonly inputTokens: number;
        readonly outputTokens: number;
        readonly cachedInputTokens?: number;
        readonly cacheWriteTokens?: number;
        /** Those of them that are kept for an hour. */
        readonly cacheWriteHourTokens?: number;
        readonly reasoningTokens?: number;
        readonly source: 'reported' | 'estimated';
      }
    | undefined;
  /** Decimal US dollars, exact: `0.00014`. */
  readonly costUsd: string;
  /** Where the price came from; `undefined`: nothing was priced. */
  readonly price:
    | { readonly source: 'config' | 'genai-prices' | 'free'; readonly version: string; readonly date: string }
    | undefined;
  readonly durationMs: number;
  readonly timeToFirstTokenMs: number | undefined;
  /** A finish reason, or `aborted`, or what `error` is. */
  readonly finish: string;
  /** Of a call that failed: its error code, of shadow traffic the kind of its target's failure. */
  readonly error: string | undefined;
  readonly cache: 'exact' | 'semantic' | 'shared' | 'miss' | 'off';
  /** The names of the guardrails that found something, with what was done: `pii.email:mask`. */
  readonly guardrails: readonly string[];
  /**
   * What was changed of the request for the target to take it, in the client's names: `user` (left out),
   * `max_tokens=64000` (given another value). Absent where nothing was.
   */
  readonly adapted?: readonly string[] | undefined;
  /** Of its span, where its provider was told of it: 16 hexadecimal digits. No log line, file or record has it. */
  readonly spanId?: string | undefined;
  /** For its span alone, where `telemetry.texts` is on: no log line, file or record has them. */
  readonly texts?: CallTexts | undefined;
  readonly streamed: boolean;
  /** Shadow traffic: a copy of a live call whose answer is discarded. */
  readonly shadow: boolean;
}

/** Where records go. `record` never throws and never waits. */
export interface ModelCallSink {
  record(call: ModelCallRecord): void;
  /** Writes what is still held. */
  close(): Promise<void>;
}
