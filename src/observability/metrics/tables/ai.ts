/** Model calls: OpenTelemetry's GenAI conventions, and ours. */
import type { MetricDefinition } from './definition.ts';

/** Of the conventions, in seconds. */
const durationBuckets = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
] as const;
const tokenBuckets = [
  1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
] as const;

export const aiMetrics = {
  gen_ai_client_operation_duration_seconds: {
    type: 'histogram',
    labels: ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model', 'error_type'],
    help: 'Model calls that a provider was asked for, retries and fallbacks included.',
    buckets: durationBuckets,
  },
  gen_ai_client_operation_time_to_first_chunk_seconds: {
    type: 'histogram',
    labels: ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model'],
    help: 'Streamed model calls: the time to the first output.',
    buckets: durationBuckets,
  },
  gen_ai_client_token_usage: {
    type: 'histogram',
    labels: ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model', 'gen_ai_token_type'],
    help: 'Input and output tokens of model calls, failed tries included.',
    buckets: tokenBuckets,
  },
  isthmus_ai_calls_total: {
    type: 'counter',
    labels: ['alias', 'model', 'prompt', 'finish', 'cache', 'traffic'],
    help: 'Model calls: the model that was asked last, a finish reason or error code, and which cache answered.',
  },
  isthmus_ai_attempts_total: {
    type: 'counter',
    labels: ['model', 'outcome'],
    help: 'Requests to providers, each try by itself: ok, or the kind of failure.',
  },
  isthmus_ai_tokens_total: {
    type: 'counter',
    labels: ['alias', 'model', 'prompt', 'type'],
    help: 'Tokens of model calls; cached_input, cache_write and reasoning are parts of input and output.',
  },
  isthmus_ai_cost_usd_total: {
    type: 'counter',
    labels: ['alias', 'model', 'prompt', 'traffic'],
    help: 'What model calls cost, in US dollars.',
  },
  isthmus_ai_guardrail_findings_total: {
    type: 'counter',
    labels: ['guardrail'],
    help: 'Model calls in which a guardrail found something, with what was done: pii.email:mask.',
  },
  isthmus_ai_field_items_total: {
    type: 'counter',
    labels: ['field', 'source'],
    help: 'Items of AI fields: answered by a model, from a cache or an equal question, or failed.',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
