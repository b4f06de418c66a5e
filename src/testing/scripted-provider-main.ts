/**
 * A scripted provider as a separate process, for benchmarks: `node scripted-provider-main.ts --latency 200`.
 *
 * Prints one line of JSON once it listens, `{ url, openAiBaseUrl, anthropicBaseUrl, geminiBaseUrl }`, and runs until
 * SIGTERM or SIGINT. It stores no requests, so that it can run for days.
 */
import { parseArgs } from 'node:util';
import type { Faults } from './faults.ts';
import { defaultText } from './settle-answer.ts';
import { startScriptedProvider } from './start-scripted-provider.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    /** The delay before each answer's headers, in milliseconds. */
    latency: { type: 'string', default: '0' },
    /** The delay between a stream's events, in milliseconds; without it they are sent together. */
    'chunk-latency': { type: 'string' },
    /** The number of pieces into which a stream splits the text. */
    chunks: { type: 'string' },
    /** The text's length in characters. */
    'text-size': { type: 'string' },
    /** Requests per key and minute; above it, 429. */
    'requests-per-minute': { type: 'string' },
  },
});

const chunkLatency = values['chunk-latency'];
const faults: Faults = {
  delayMs: whole('latency', values.latency),
  ...(chunkLatency !== undefined && { chunkDelayMs: whole('chunk-latency', chunkLatency) }),
};
const textSize = values['text-size'];
const perMinute = values['requests-per-minute'];
const provider = await startScriptedProvider({
  port: whole('port', values.port),
  faults,
  maxRequests: 0,
  ...(perMinute !== undefined && { rateLimit: { requests: whole('requests-per-minute', perMinute), perMs: 60_000 } }),
  ...((textSize !== undefined || values.chunks !== undefined) && {
    respond: {
      text: textSize === undefined ? defaultText : textOf(whole('text-size', textSize)),
      ...(values.chunks !== undefined && { chunks: whole('chunks', values.chunks) }),
    },
  }),
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void provider.close());

const { url, openAiBaseUrl, anthropicBaseUrl, geminiBaseUrl } = provider;
process.stdout.write(`${JSON.stringify({ url, openAiBaseUrl, anthropicBaseUrl, geminiBaseUrl })}\n`);

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  process.stderr.write(`--${name} wants a whole number, not ${text}\n`);
  process.exit(2);
}

function textOf(length: number): string {
  return `${defaultText} `.repeat(Math.ceil(length / (defaultText.length + 1))).slice(0, length);
}
