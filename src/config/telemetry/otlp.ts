/** `telemetry.otlp`: where traces and logs are sent by OpenTelemetry's protocol over HTTP, and how much of them may wait. */
import { z } from 'zod';
import { parseDuration } from '../units.ts';
import { durationOr, httpUrl } from '../values.ts';
import { keyValues } from './key-values.ts';

export interface OtlpConfig {
  readonly tracesUrl: string;
  readonly logsUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How long one batch is tried. */
  readonly timeoutMs: number;
  readonly compression: 'gzip' | 'none';
  /** How many spans, and how many log lines, may wait to be sent or be under way. */
  readonly maxQueue: number;
  readonly maxBatch: number;
  /** How long they wait for others. */
  readonly everyMs: number;
}

/** Empty where a variable that it is read from is not set: nothing is sent. */
const endpoint = z.union([z.literal(''), httpUrl], {
  error: 'write an http:// or https:// URL, or "" to send nothing',
});

const otlp = z.strictObject({
  url: endpoint
    .default('')
    .describe(
      'The collector, such as `http://127.0.0.1:4318`; `/v1/traces` and `/v1/logs` are added. Empty: nothing is sent.',
    ),
  traces_url: httpUrl.optional().describe('Where traces are sent, as a whole. Default: `url` with `/v1/traces`.'),
  logs_url: httpUrl.optional().describe('Where logs are sent, as a whole. Default: `url` with `/v1/logs`.'),
  headers: keyValues(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/, /^[\t\x20-\x7e\x80-\xff]*$/, 'api-key=secret').describe(
    'Headers that are sent along, such as credentials; a text is read as OTEL_EXPORTER_OTLP_HEADERS (`a=1,b=2`).',
  ),
  timeout: durationOr('10s', 'How long one batch is tried, further tries included; then it is dropped.'),
  compression: z.enum(['gzip', 'none']).default('gzip').describe('How bodies are compressed.'),
  max_queue: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(8_192)
    .describe('How many spans, and how many log lines, each worker holds; further ones are dropped and counted.'),
  max_batch: z.number().int().min(1).max(10_000).default(512).describe('How many are sent at once.'),
  every: durationOr('2s', 'How long they wait for others to be sent with.'),
});

export const otlpYaml = z
  .union([endpoint.transform((url) => otlp.parse({ url })), otlp])
  .prefault('')
  .describe(
    'A collector of OpenTelemetry that takes traces over HTTP: its URL, or a mapping. `"${OTEL_EXPORTER_OTLP_ENDPOINT:-}"` sends where that variable is set.',
  );

/** Undefined where nothing is sent. */
export function resolveOtlp(yaml: z.output<typeof otlpYaml>): OtlpConfig | undefined {
  const { url, traces_url, logs_url } = yaml;
  if (url === '' && traces_url === undefined) return undefined;
  const base = url.replace(/\/+$/, '');
  return {
    tracesUrl: traces_url ?? `${base}/v1/traces`,
    logsUrl: logs_url ?? `${base}/v1/logs`,
    headers: yaml.headers,
    timeoutMs: parseDuration(yaml.timeout) ?? 0,
    compression: yaml.compression,
    maxQueue: yaml.max_queue,
    maxBatch: yaml.max_batch,
    everyMs: parseDuration(yaml.every) ?? 0,
  };
}
