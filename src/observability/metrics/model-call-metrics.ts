/** Counts model calls: those of requests, and those that no request waits for, such as shadow traffic. */
import type { ModelCallRecord } from '../model-calls.ts';
import type { ThreadMetrics } from './thread-metrics.ts';

export class ModelCallMetrics {
  readonly #metrics: ThreadMetrics;
  readonly #families;

  constructor(metrics: ThreadMetrics) {
    this.#metrics = metrics;
    this.#families = familiesOf(metrics);
  }

  record(call: ModelCallRecord): void {
    const families = this.#families;
    const { names } = this.#metrics;
    const { prompt = '', finish, error, cache, guardrails, attempts, usage } = call;
    const source = `${call.caller.tenant} ${call.caller.id}`;
    const isAnswered = error === undefined && finish !== 'aborted';
    const alias = names.alias.valueOf(call.alias, source, isAnswered);
    const model = names.model.valueOf(call.model ?? '', source, isAnswered);
    const traffic = call.shadow ? 'shadow' : 'live';
    families.calls.of(alias, model, prompt, finish, cache, traffic).add();
    families.cost.of(alias, model, prompt, traffic).add(Number(call.costUsd));
    for (const guardrail of guardrails) families.findings.of(guardrail).add();
    for (const attempt of attempts)
      families.attempts.of(names.model.valueOf(attempt.model, source, isAnswered), attempt.outcome).add();
    if (usage !== undefined) {
      const { inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, reasoningTokens = 0 } = usage;
      const tokens = { input: inputTokens, output: outputTokens };
      const parts = { cached_input: cachedInputTokens, cache_write: cacheWriteTokens, reasoning: reasoningTokens };
      for (const [type, count] of Object.entries({ ...tokens, ...parts }))
        if (count > 0) families.tokens.of(alias, model, prompt, type).add(count);
    }
    if (attempts.length > 0) this.#recordOperation(call, model, isAnswered ? '' : (error ?? finish));
  }

  /** By the conventions: what a provider was asked for. */
  #recordOperation(call: ModelCallRecord, model: string, errorType: string): void {
    const { durations, firstChunks, usages } = this.#families;
    const { operation, usage, durationMs, timeToFirstTokenMs, streamed } = call;
    const provider = providerNameOf(model);
    durations.of(operation, provider, model, errorType).observe(durationMs / 1_000);
    if (streamed && timeToFirstTokenMs !== undefined)
      firstChunks.of(operation, provider, model).observe(timeToFirstTokenMs / 1_000);
    if (usage === undefined) return;
    usages.of(operation, provider, model, 'input').observe(usage.inputTokens);
    usages.of(operation, provider, model, 'output').observe(usage.outputTokens);
  }
}

/** Names of providers as configurations have them, and as the conventions have them. */
const conventionalNames: ReadonlyMap<string, string> = new Map([
  ['azure', 'azure.ai.openai'],
  ['bedrock', 'aws.bedrock'],
  ['gemini', 'gcp.gemini'],
  ['google', 'gcp.gemini'],
  ['mistral', 'mistral_ai'],
  ['vertex', 'gcp.vertex_ai'],
  ['xai', 'x_ai'],
]);

function providerNameOf(model: string): string {
  const [provider = ''] = model.split('/', 1);
  return conventionalNames.get(provider) ?? provider;
}

function familiesOf(metrics: ThreadMetrics) {
  return {
    calls: metrics.family('isthmus_ai_calls_total'),
    attempts: metrics.family('isthmus_ai_attempts_total'),
    tokens: metrics.family('isthmus_ai_tokens_total'),
    cost: metrics.family('isthmus_ai_cost_usd_total'),
    findings: metrics.family('isthmus_ai_guardrail_findings_total'),
    durations: metrics.family('gen_ai_client_operation_duration_seconds'),
    firstChunks: metrics.family('gen_ai_client_operation_time_to_first_chunk_seconds'),
    usages: metrics.family('gen_ai_client_token_usage'),
  };
}
