/** Log lines as records of OpenTelemetry, sent to the collector in batches: bounded, and never awaited. */
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { OtlpConfig, TelemetryConfig } from '../../config/index.ts';
import { isoTime } from '../../lib/index.ts';
import { otlpCounts } from './otlp-counts.ts';
import { OtlpSender } from './otlp-sender.ts';

type LogRecord = Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0][number];

/** OpenTelemetry's numbers of severities. */
const severities: Readonly<Record<string, number>> = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 };
const closeTimeoutMs = 800;

export class LogRecords {
  readonly #config: OtlpConfig;
  readonly #sender: OtlpSender;
  readonly #counts = otlpCounts('logs');
  readonly #origin: Pick<LogRecord, 'resource' | 'instrumentationScope'>;
  #waiting: string[] = [];
  #underWay = 0;
  #sending: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param writeLine writes a line about the sending itself, which is not sent */
  constructor(config: OtlpConfig, { name, attributes }: TelemetryConfig['service'], writeLine: (json: string) => void) {
    this.#config = config;
    const log = (level: string) => (fields: object, msg: string) =>
      writeLine(JSON.stringify({ level, time: isoTime(Date.now()), ...fields, msg }));
    const logs = { info: log('info'), warn: log('warn') };
    this.#sender = new OtlpSender({ signal: 'logs', url: config.logsUrl, config, log: logs });
    const resource = resourceFromAttributes({ 'service.name': name, ...attributes });
    this.#origin = { resource, instrumentationScope: { name: 'isthmus' } };
  }

  /** @param lines JSON, each with its line break */
  add(lines: string): void {
    for (const line of lines.split('\n')) {
      if (line === '') continue;
      if (this.#waiting.length + this.#underWay >= this.#config.maxQueue) this.#counts.dropped++;
      else this.#waiting.push(line);
    }
    if (this.#waiting.length >= this.#config.maxBatch) void this.#flush();
    else this.#schedule();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeTimeoutMs);
    });
    await Promise.race([this.#flush().then(() => this.#flush()), timeUp]);
    clearTimeout(timer);
    this.#sender.close();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#sending !== undefined || this.#waiting.length === 0) return;
    this.#timer = setTimeout(() => void this.#flush(), this.#config.everyMs);
    this.#timer.unref();
  }

  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
      this.#schedule();
    });
    return this.#sending;
  }

  /** One batch after another. */
  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting.splice(0, this.#config.maxBatch);
      this.#underWay = lines.length;
      const body = ProtobufLogsSerializer.serializeRequest(lines.map((line) => this.#recordOf(line)));
      const answer = body === undefined ? undefined : await this.#sender.send(body);
      this.#underWay = 0;
      if (answer === undefined) this.#counts.failed += lines.length;
      else this.#counts.sent += lines.length;
    }
  }

  #recordOf(json: string): LogRecord {
    const { level, time, msg, traceId, ...fields } = JSON.parse(json) as Readonly<Record<string, unknown>>;
    const at = Date.parse(String(time));
    const hrTime: [number, number] = [Math.floor(at / 1_000), (at % 1_000) * 1e6];
    const severityText = String(level);
    const context =
      typeof traceId === 'string' ? { spanContext: { traceId, spanId: '0'.repeat(16), traceFlags: 0 } } : {};
    return {
      ...this.#origin,
      ...context,
      hrTime,
      hrTimeObserved: hrTime,
      severityNumber: (severities[severityText] ?? 0) as NonNullable<LogRecord['severityNumber']>,
      severityText,
      body: String(msg),
      attributes: fields as LogRecord['attributes'],
      droppedAttributesCount: 0,
    };
  }
}
