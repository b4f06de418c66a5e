/**
 * Sends spans in batches, through OpenTelemetry's processor. Bounded: what waits and what is under way has `max_queue` places,
 * and what comes beyond is counted and dropped. Nothing waits for it but the end, and that not for long.
 */
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import type { OtlpConfig } from '../../../config/index.ts';
import type { Logger } from '../../logger.ts';
import { otlpCounts } from '../../otlp/otlp-counts.ts';
import { OtlpSender } from '../../otlp/otlp-sender.ts';

/** How long the end may wait for the last spans. */
const closeTimeoutMs = 800;

export class SpanQueue {
  readonly #maxQueue: number;
  readonly #exporter: OtlpSpanExporter;
  readonly #processor: BatchSpanProcessor;
  readonly #counts = otlpCounts('traces');

  constructor(config: OtlpConfig, log: Logger) {
    this.#maxQueue = config.maxQueue;
    this.#exporter = new OtlpSpanExporter(
      new OtlpSender({ signal: 'traces', url: config.tracesUrl, config, log }),
      this.#counts,
    );
    this.#processor = new BatchSpanProcessor({
      exporter: this.#exporter,
      maxExportBatchSize: Math.min(config.maxBatch, config.maxQueue),
      maxQueueSize: config.maxQueue,
      scheduledDelayMillis: config.everyMs,
      // The sender ends by itself.
      exportTimeoutMillis: config.timeoutMs * 2,
    });
  }

  /** Those of one request: all of them or none, since a trace without its middle misleads. */
  add(spans: readonly ReadableSpan[]): void {
    if (this.#exporter.waiting + spans.length > this.#maxQueue) {
      this.#counts.dropped += spans.length;
      return;
    }
    this.#exporter.waiting += spans.length;
    for (const span of spans) this.#processor.onEnd(span);
  }

  /** Sends what is left, or gives it up. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeTimeoutMs);
    });
    await Promise.race([this.#processor.shutdown().catch(() => undefined), timeUp]);
    clearTimeout(timer);
    this.#exporter.close();
  }
}

class OtlpSpanExporter implements SpanExporter {
  /** Spans that were handed to the processor and have no end yet. */
  waiting = 0;
  readonly #sending = new Set<Promise<void>>();
  readonly #sender: OtlpSender;
  readonly #counts: ReturnType<typeof otlpCounts>;

  constructor(sender: OtlpSender, counts: ReturnType<typeof otlpCounts>) {
    this.#sender = sender;
    this.#counts = counts;
  }

  export(spans: ReadableSpan[], ended: (result: ExportResult) => void): void {
    const sending = this.#export(spans).then((accepted) => {
      this.#sending.delete(sending);
      this.waiting -= spans.length;
      this.#counts.sent += accepted;
      this.#counts.failed += spans.length - accepted;
      // What was not sent is counted, and is no error of the processor's.
      ended({ code: ExportResultCode.SUCCESS });
    });
    this.#sending.add(sending);
  }

  /** @returns how many the collector took */
  async #export(spans: ReadableSpan[]): Promise<number> {
    const body = ProtobufTraceSerializer.serializeRequest(spans);
    const answer = body === undefined ? undefined : await this.#sender.send(body);
    return answer === undefined ? 0 : spans.length - rejectedIn(answer);
  }

  close(): void {
    this.#sender.close();
  }

  /** The processor waits for the batches that it sends at the end, and for none that is under way already. */
  async shutdown(): Promise<void> {
    await Promise.all(this.#sending);
  }
}

function rejectedIn(answer: Uint8Array): number {
  if (answer.length === 0) return 0;
  try {
    const { partialSuccess } = ProtobufTraceSerializer.deserializeResponse(answer);
    return Number(partialSuccess?.rejectedSpans ?? 0);
  } catch {
    return 0; // it took them, whatever it says
  }
}
