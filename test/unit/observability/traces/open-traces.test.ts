import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { otlpCounts, type RequestEvent } from '../../../../src/observability/index.ts';
import { startOtlpCollector } from '../../../testkit/otlp/start-otlp-collector.ts';
import { freePort } from '../../../testkit/servers/free-port.ts';
import { fetchEvent, type Opened, open, operationEvent, requestEvent } from './traced.ts';

const counts = otlpCounts('traces');

/** What has been added to the counts since. */
function counting() {
  const { sent, dropped, failed } = counts;
  return () => ({ sent: counts.sent - sent, dropped: counts.dropped - dropped, failed: counts.failed - failed });
}

function trace({ traces }: Opened, event: RequestEvent, headers = {}): RequestEvent {
  traces.begin(event, headers);
  traces.record(event);
  return event;
}

const messages = ({ lines }: Opened) => lines.map(({ level, msg }) => `${level}: ${msg}`);
const begins = 'warn: the collector does not take what it is sent; it is tried again, and what has no room is dropped';
const ends = 'info: the collector takes what it is sent again';

describe('which requests are sent', () => {
  it('are those of the sample, failed ones and slow ones', async () => {
    await using collector = await startOtlpCollector();
    const opened = await open({ otlp: { url: collector.url, every: '1ms' }, sample: 0, slow: '100ms' });
    const sampled = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
    const began = performance.now();
    const fetchFailed = requestEvent({ id: 'fetch failed' });
    fetchEvent(operationEvent(fetchFailed), { outcome: 'SUBGRAPH_REQUEST_TIMEOUT' });
    const left = requestEvent({ id: 'left', end: 'aborted' });
    fetchEvent(operationEvent(left), { outcome: 'CLIENT_CLOSED_REQUEST' });
    const withErrors = requestEvent({ id: 'errors' });
    operationEvent(withErrors, { errorCount: 1, codes: ['INTERNAL_SERVER_ERROR'] });
    const ofOthers = requestEvent({ id: 'errors of subgraphs' });
    operationEvent(ofOthers, { errorCount: 2, codes: ['GRAPHQL_VALIDATION_FAILED', 'WHATEVER_A_SUBGRAPH_SAYS'] });
    const ofClient = requestEvent({ id: 'the client’s mistake', status: 400 });
    operationEvent(ofClient, { errorCount: 1, codes: ['GRAPHQL_VALIDATION_FAILED'] });
    const events: readonly (readonly [RequestEvent, object?])[] = [
      [requestEvent({ id: 'asked for' }), sampled],
      [requestEvent({ id: 'not asked for' }), { traceparent: sampled.traceparent.replace(/1$/, '0') }],
      [requestEvent({ id: 'none of the sample' })],
      [requestEvent({ id: '5xx', status: 503 })],
      [requestEvent({ id: '4xx', status: 404 })],
      [requestEvent({ id: 'cut', end: 'cut' })],
      [requestEvent({ id: 'aborted', end: 'aborted' })],
      [requestEvent({ id: 'slow', began: began - 100, ended: began })],
      [requestEvent({ id: 'nearly slow', began: began - 99, ended: began })],
      [fetchFailed],
      [left],
      [withErrors],
      [ofOthers],
      [ofClient],
    ];
    for (const [event, headers] of events) trace(opened, event, headers);
    await collector.until(7, ({ kind }) => kind === 'SERVER');
    await opened.traces.close();
    const ids = collector.spans.map(({ attributes }) => attributes['isthmus.request.id']).filter((id) => id);
    const expected = ['5xx', 'asked for', 'cut', 'errors', 'errors of subgraphs', 'fetch failed', 'slow'];
    expect(ids.sort()).toEqual(expected);
  });

  it('tells subgraphs what was decided at the beginning', async () => {
    await using collector = await startOtlpCollector();
    const opened = await open({ otlp: collector.url, sample: 0 });
    const event = trace(opened, requestEvent({ status: 500 }));
    expect(event.trace?.isSampled).toBe(false);
    await opened.traces.close();
  });

  it('are none without a collector', async () => {
    for (const otlp of ['', { url: '' }]) await expect(open({ otlp })).rejects.toThrow('nothing is traced');
  });
});

describe('a collector', () => {
  const otlp = { every: '1ms', max_batch: 4, compression: 'none' };

  it('that refuses at first is sent the same again, and the log has a line for each change', async () => {
    const counted = counting();
    await using collector = await startOtlpCollector();
    let refusals = 1;
    collector.answer = (response) =>
      refusals-- > 0 ? response.writeHead(503, { 'retry-after': '0' }).end() : response.end();
    const opened = await open({ otlp: { ...otlp, url: collector.url }, sample: 1 });
    trace(opened, requestEvent());
    await expect.poll(counted).toEqual({ sent: 1, dropped: 0, failed: 0 });
    await opened.traces.close();
    expect(messages(opened)).toEqual([begins, ends]);
    expect(opened.lines[0]).toMatchObject({ signal: 'traces', collector: collector.url, reason: 'status 503' });
  });

  it('that is not there, and comes, has what came after', async () => {
    const port = await freePort();
    const opened = await open({
      otlp: { ...otlp, url: `http://127.0.0.1:${port}`, timeout: '399ms' },
      sample: 1,
    });
    const counted = counting();
    trace(opened, requestEvent());
    await expect.poll(() => counted().failed).toBe(1);
    await using collector = await startOtlpCollector(port);
    trace(opened, requestEvent());
    await expect.poll(() => messages(opened)).toEqual([begins, ends]);
    await opened.traces.close();
    expect(collector.spans).toHaveLength(1);
  });

  it('that answers nothing holds no more than the queue, and no longer than its deadline', async () => {
    const counted = counting();
    await using collector = await startOtlpCollector();
    const hanging: ServerResponse[] = [];
    collector.answer = (response) => void hanging.push(response.writeHead(504).flushHeaders() as never);
    const opened = await open({ otlp: { ...otlp, url: collector.url, max_queue: 8, timeout: '50ms' }, sample: 1 });
    for (let index = 0; index < 100; index++) trace(opened, requestEvent());
    expect(counted().dropped).toBe(92);
    await expect.poll(() => counted().failed).toBe(8);
    await opened.traces.close();
    expect(messages(opened)).toEqual([begins]);
  });

  it.each([
    ['a page', (response: ServerResponse) => response.writeHead(200).end('<html>'), '10s', 1],
    ['elsewhere', (response: ServerResponse) => response.writeHead(302, { location: '/v1/other' }).end(), '10s', 0],
    ['its refusal', (response: ServerResponse) => response.writeHead(400).end('no'), '10s', 0],
    // These are tried again, where the deadline leaves time for that.
    ['an endless page', (response: ServerResponse) => response.writeHead(200).end('x'.repeat(100_000)), '300ms', 0],
    ['no HTTP', (response: ServerResponse) => response.socket?.end('what?\r\n\r\n'), '300ms', 0],
  ])('that answers %s is sent nothing twice', async (_what, answer, timeout, sent) => {
    const counted = counting();
    await using collector = await startOtlpCollector();
    collector.answer = answer;
    const opened = await open({ otlp: { ...otlp, url: collector.url, timeout }, sample: 1 });
    trace(opened, requestEvent());
    await expect.poll(() => counted().sent + counted().failed).toBe(1);
    await opened.traces.close();
    expect(counted()).toEqual({ sent, dropped: 0, failed: 1 - sent });
    expect(collector.requests.map(({ path }) => path)).toEqual(['/v1/traces']);
  });

  it('that took a part of them is believed', async () => {
    const counted = counting();
    await using collector = await startOtlpCollector();
    // partial_success { rejected_spans: 1 }
    collector.answer = (response) => response.end(Buffer.from([0x0a, 0x02, 0x08, 0x01]));
    const opened = await open({ otlp: { ...otlp, url: collector.url }, sample: 1 });
    const event = requestEvent();
    fetchEvent(operationEvent(event));
    trace(opened, event);
    await expect.poll(counted).toEqual({ sent: 1, dropped: 0, failed: 1 });
    await opened.traces.close();
  });

  it('has the last spans before the end, and a dead one does not hold up the end', async () => {
    await using collector = await startOtlpCollector();
    const counted = counting();
    const patient = { ...otlp, every: '1h', timeout: '1h' };
    const opened = await open({ otlp: { ...patient, url: collector.url }, sample: 1 });
    for (let index = 0; index < 3; index++) trace(opened, requestEvent());
    await opened.traces.close();
    await collector.until(3);
    collector.answer = () => undefined;
    const stuck = await open({ otlp: { ...patient, url: collector.url }, sample: 1 });
    trace(stuck, requestEvent());
    await stuck.traces.close();
    await expect.poll(() => counted().failed).toBe(1);
  });

  it('is sent traces where its own URL says', async () => {
    await using collector = await startOtlpCollector();
    const opened = await open({ otlp: { traces_url: `${collector.url}/intake?key=1` }, sample: 1 });
    trace(opened, requestEvent());
    await opened.traces.close();
    await collector.until(1);
    expect(collector.requests[0]).toMatchObject({ path: '/intake?key=1', headers: { 'content-encoding': 'gzip' } });
  });
});
