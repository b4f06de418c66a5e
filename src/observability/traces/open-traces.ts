/**
 * Traces: gives each request its place in one as it begins, and makes its spans once it has ended, where it is in the
 * sample, has failed or was slow. Undefined where nothing is sent: then nothing of OpenTelemetry is loaded.
 */
import type { TelemetryConfig } from '../../config/index.ts';
import type { RequestSink } from '../events/index.ts';
import type { Logger } from '../logger.ts';
import { beginTrace, ratioSampler } from './context/begin-trace.ts';
import { isFailed } from './is-failed.ts';

export interface TracesOptions {
  readonly config: TelemetryConfig;
  /** Whether clients reach the gateway over TLS. */
  readonly hasTls: boolean;
  readonly log: Logger;
}

export interface Traces extends Required<RequestSink> {
  /** Sends what is left, within 0.8 s. */
  close(): Promise<void>;
}

export async function openTraces({ config, hasTls, log }: TracesOptions): Promise<Traces | undefined> {
  const { otlp, tracing, service } = config;
  if (otlp === undefined) return undefined;
  const { SpanQueue, requestSpans, spanOrigin } = await import('./spans/index.ts');
  const queue = new SpanQueue(otlp, log);
  const isInShare = ratioSampler(tracing.sample);
  const slowMs = tracing.slowMs ?? Number.POSITIVE_INFINITY;
  const options = {
    origin: spanOrigin(service),
    scheme: hasTls ? 'https' : 'http',
    hasTexts: tracing.hasTexts,
  } as const;
  return {
    begin(event, headers) {
      event.trace = beginTrace(headers, isInShare, tracing);
    },
    record(event) {
      const { trace } = event;
      if (trace === undefined) return;
      if (!trace.isSampled && event.ended - event.began < slowMs && !isFailed(event)) return;
      queue.add(requestSpans(event, trace, options));
    },
    close: () => queue.close(),
  };
}
