/**
 * The span of one model call, by OpenTelemetry's conventions for generative AI (in development: names may still change): what
 * was asked of whom, what it used, why it ended; and what it cost, by ours. A call that was answered from a cache asks nobody.
 */
import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { ModelCallParameters, ModelCallRecord } from '../../model-calls.ts';
import { nameText, type SpanEvent, type SpanList } from './span-list.ts';

export function addModelCallSpan(list: SpanList, call: ModelCallRecord, parentId: string): void {
  const { operation, alias, began, usage, streamed, timeToFirstTokenMs, finish } = call;
  const [provider, model] = partsOf(call);
  const errorType = call.error ?? (finish === 'aborted' ? finish : undefined);
  list.add({
    name: `${operation} ${nameText(model)}`,
    kind: call.attempts.length > 0 ? SpanKind.CLIENT : SpanKind.INTERNAL,
    spanId: call.spanId,
    parentId,
    began,
    ended: began + call.durationMs,
    attributes: {
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': provider,
      'gen_ai.request.model': nameText(model),
      'gen_ai.request.stream': streamed ? true : undefined,
      ...parameterAttributes(call.parameters),
      ...serverAttributes(call.server),
      'gen_ai.response.model': call.respondedModel,
      'gen_ai.response.finish_reasons': errorType !== undefined || operation === 'embeddings' ? undefined : [finish],
      'gen_ai.response.time_to_first_chunk':
        streamed && timeToFirstTokenMs !== undefined ? timeToFirstTokenMs / 1_000 : undefined,
      'gen_ai.usage.input_tokens': usage?.inputTokens,
      'gen_ai.usage.output_tokens': operation === 'embeddings' ? undefined : usage?.outputTokens,
      'gen_ai.usage.cache_read.input_tokens': usage?.cachedInputTokens,
      'gen_ai.usage.cache_creation.input_tokens': usage?.cacheWriteTokens,
      'gen_ai.usage.reasoning.output_tokens': usage?.reasoningTokens,
      'gen_ai.input.messages': call.texts && JSON.stringify(call.texts.input),
      'gen_ai.output.messages': call.texts?.output && JSON.stringify(call.texts.output),
      'isthmus.cost.usd': Number(call.costUsd),
      'isthmus.model.alias': nameText(alias),
      'isthmus.model.prompt': call.prompt,
      'isthmus.model.cache': call.cache,
      'isthmus.model.usage.source': usage?.source,
      'isthmus.model.guardrails': call.guardrails.length === 0 ? undefined : [...call.guardrails],
      'isthmus.model.shadow': call.shadow ? true : undefined,
      'isthmus.model.request.id': call.providerRequestId,
    },
    errorType,
    events: failedAttempts(call, began),
  });
}

/** The provider by the name that it is configured under, and the model; without a target there is the alias alone. */
function partsOf({ model, alias }: ModelCallRecord): readonly [provider: string, model: string] {
  if (model === undefined) return ['isthmus', alias];
  const slash = model.indexOf('/');
  return slash === -1 ? ['isthmus', model] : [model.slice(0, slash), model.slice(slash + 1)];
}

function parameterAttributes(parameters: ModelCallParameters): Attributes {
  return {
    'gen_ai.output.type': parameters.output,
    'gen_ai.request.max_tokens': parameters.maxTokens,
    'gen_ai.request.temperature': parameters.temperature,
    'gen_ai.request.top_p': parameters.topP,
    'gen_ai.request.top_k': parameters.topK,
    'gen_ai.request.frequency_penalty': parameters.frequencyPenalty,
    'gen_ai.request.presence_penalty': parameters.presencePenalty,
    'gen_ai.request.seed': parameters.seed,
    'gen_ai.request.stop_sequences': parameters.stop && [...parameters.stop],
    'gen_ai.embeddings.dimension.count': parameters.dimensions,
  };
}

/** The conventions want a port with each address: without one it is that of HTTPS, by which providers are asked. */
function serverAttributes(server: string | undefined): Attributes {
  const [, address, port] = server === undefined ? [] : (/^(.*?)(?::(\d+))?$/.exec(server) ?? []);
  return { 'server.address': address, 'server.port': address === undefined ? undefined : Number(port ?? 443) };
}

/** Only how long they took is known: each is written as if it began where the one before ended. */
function failedAttempts({ attempts }: ModelCallRecord, began: number): readonly SpanEvent[] {
  const events: SpanEvent[] = [];
  let at = began;
  for (const { model, outcome, durationMs } of attempts) {
    at += durationMs;
    if (outcome === 'ok') continue;
    events.push({ name: 'attempt failed', at, attributes: { 'gen_ai.request.model': model, 'error.type': outcome } });
  }
  return events;
}
