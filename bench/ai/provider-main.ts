/**
 * The scripted provider as a process of the benchmark: counts what it is asked and, where told to, keeps the bodies.
 * Counting is all it does beside answering; what a body comes to in tokens is worked out when somebody asks.
 */
import { countTokens } from 'gpt-tokenizer';
import { startScriptedProvider } from '../../src/testing/index.ts';
import { answerParent } from '../process/answer-parent.ts';
import { readableAnswer } from './readable-answer.ts';

export interface ProviderOptions {
  /** Milliseconds before each answer's headers. @default 0 */
  readonly latencyMs?: number;
  /** Into how many events a stream splits the text. @default words */
  readonly chunks?: number;
  /** Milliseconds between a stream's events. @default they leave together */
  readonly chunkLatencyMs?: number;
  /** The text that is answered. @default a sentence, or the least JSON that fits the schema */
  readonly text?: string;
  /** Answers of the length a model's would have, in the form that is asked for. @default false */
  readonly readable?: boolean;
}

/** What was asked since the last time somebody wanted to know. */
export interface Asked {
  readonly calls: number;
  /** Bodies that were not the same as another. */
  readonly distinct: number;
  readonly bodies: readonly unknown[];
}

/** In tokens of o200k: messages and schema read, text written. */
export interface AskedTokens {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const maxCachedReferences = 5_000;

const options = JSON.parse(process.argv[2] ?? '{}') as ProviderOptions;
const { latencyMs = 0, chunks, chunkLatencyMs, text, readable = false } = options;
let calls = 0;
let kept: { readonly body: unknown; readonly answer: string }[] = [];
let keeping = false;

// Nothing is waited for before the parent's questions are heard: what comes earlier would be lost.
const provider = startScriptedProvider({
  maxRequests: 0,
  faults: { delayMs: latencyMs, ...(chunkLatencyMs !== undefined && { chunkDelayMs: chunkLatencyMs }) },
  respond: ({ body }) => {
    calls++;
    const answer = readable ? readableAnswer(body) : text;
    if (keeping && kept.length < maxCachedReferences) kept.push({ body, answer: answer ?? '' });
    if (answer === undefined) return undefined;
    return { text: answer, ...(chunks !== undefined && { chunks }) };
  },
});

answerParent({
  listen: async () => (await provider).url,
  /** Counts from 0. */
  begin() {
    calls = 0;
  },
  counted: () => calls,
  /** Counts from 0, and keeps what is asked. */
  keep() {
    calls = 0;
    kept = [];
    keeping = true;
  },
  /** Stops keeping. */
  asked(): Asked {
    keeping = false;
    const bodies = kept.map(({ body }) => body);
    return { calls, distinct: new Set(bodies.map((body) => JSON.stringify(body))).size, bodies };
  },
  tokens(): AskedTokens {
    keeping = false;
    let [inputTokens, outputTokens] = [0, 0];
    for (const { body, answer } of kept) {
      inputTokens += countTokens(readText(body));
      outputTokens += countTokens(answer);
    }
    return { calls, inputTokens, outputTokens };
  },
});

/** The words a model reads: every message, and the schema it must answer by. */
function readText(body: unknown): string {
  const { messages, response_format: form } = body as {
    readonly messages?: readonly { readonly content?: unknown }[];
    readonly response_format?: { readonly json_schema?: unknown };
  };
  const said = (messages ?? []).map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content)));
  return [...said, form?.json_schema === undefined ? '' : JSON.stringify(form.json_schema)].join('\n');
}

// The probe lets go of the channel, so that a gateway ends as it would alone; this process has nothing else to live for.
process.channel?.ref();
process.once('SIGTERM', () => process.exit(0));
