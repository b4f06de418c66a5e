/** A collector of OpenTelemetry on a real socket: it decodes what it is sent, and answers as it is told. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { type ReceivedRecord, type ReceivedSpan, readRecords, readSpans } from './read-otlp.ts';

export interface OtlpCollector extends AsyncDisposable {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  readonly records: readonly ReceivedRecord[];
  /** Of every body, refused ones included. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** How it answers. @default 200 without a body */
  answer: (response: ServerResponse) => void;
  /** Waits until it has so many spans of those that are looked for. */
  until(count: number, isMeant?: (span: ReceivedSpan) => boolean): Promise<readonly ReceivedSpan[]>;
}

/** @param port a fixed one, where it was stopped before @default a free one */
export async function startOtlpCollector(port = 0): Promise<OtlpCollector> {
  const spans: ReceivedSpan[] = [];
  const records: ReceivedRecord[] = [];
  const requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { url: path = '', headers } = request;
    requests.push({ path, headers });
    const sent = Buffer.concat(chunks);
    const body = headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    collector.answer(response);
    if (response.statusCode >= 300) return;
    if (path === '/v1/logs') records.push(...readRecords(body));
    else spans.push(...readSpans(body));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const collector: OtlpCollector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    records,
    requests,
    answer: (response) => response.end(),
    async until(count, isMeant = () => true) {
      await expect.poll(() => spans.filter(isMeant).length).toBeGreaterThanOrEqual(count);
      return spans.filter(isMeant);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return collector;
}
