import { describe, expect, it } from 'vitest';
import { RequestEvent } from '../../../../src/observability/index.ts';
import { ProcessMetrics } from '../../../../src/observability/metrics/process-metrics.ts';
import { ThreadMetrics } from '../../../../src/observability/metrics/thread-metrics.ts';
import { addFetch, requestEvent } from './metric-events.ts';

async function openCounted() {
  const metrics = new ProcessMetrics({ maxNames: 10 });
  metrics.own.fix({ operation: ['Cart'], client: ['web'] });
  const sink = metrics.own.countingRequests('/graphql');
  return {
    sink,
    async lines(prefix: string): Promise<readonly string[]> {
      const { text } = await metrics.scrape();
      metrics.close();
      return text.split('\n').filter((line) => line.startsWith(prefix));
    },
  };
}

describe('the metrics of requests', () => {
  it('count operations by name, client and outcome, and say whose fault it is', async () => {
    const { sink, lines } = await openCounted();
    sink.record(requestEvent({ client: 'web' }));
    sink.record(requestEvent({ client: 'web' }));
    sink.record(requestEvent({ codes: ['SUBREQUEST_HTTP_ERROR', 'AI_OUTPUT_INVALID'] }));
    sink.record(requestEvent({ codes: ['RATE_LIMITED'] }));
    sink.record(requestEvent({ codes: ['OVERLOADED'], status: 503 }));
    sink.record(requestEvent({ codes: ['OUT_OF_STOCK'] }));
    expect(await lines('isthmus_operations_total')).toEqual([
      'isthmus_operations_total{kind="query",operation="Cart",client="web",outcome="ok",fault="none"} 2',
      'isthmus_operations_total{kind="query",operation="Cart",client="",outcome="SUBREQUEST_HTTP_ERROR",fault="upstream"} 1',
      'isthmus_operations_total{kind="query",operation="Cart",client="",outcome="RATE_LIMITED",fault="limit"} 1',
      'isthmus_operations_total{kind="query",operation="Cart",client="",outcome="OVERLOADED",fault="gateway"} 1',
      'isthmus_operations_total{kind="query",operation="Cart",client="",outcome="other",fault="upstream"} 1',
    ]);
  });

  it('count refusals by their code', async () => {
    const { sink, lines } = await openCounted();
    sink.record(requestEvent({ codes: ['RATE_LIMITED'] }));
    sink.record(requestEvent({ codes: ['BAD_USER_INPUT', 'MAX_DEPTH_LIMIT'] }));
    const refused = requestEvent({ status: 503 });
    refused.operations.length = 0;
    refused.code = 'OVERLOADED';
    sink.record(refused);
    expect(await lines('isthmus_refusals_total')).toEqual([
      'isthmus_refusals_total{code="RATE_LIMITED"} 1',
      'isthmus_refusals_total{code="MAX_DEPTH_LIMIT"} 1',
      'isthmus_refusals_total{code="OVERLOADED"} 1',
    ]);
  });

  it('give no name to an operation that is not valid', async () => {
    const { sink, lines } = await openCounted();
    sink.record(requestEvent({ name: 'Cart', isValid: false, codes: ['GRAPHQL_VALIDATION_FAILED'], status: 400 }));
    expect(await lines('isthmus_operations_total')).toEqual([
      'isthmus_operations_total{kind="invalid",operation="",client="",outcome="GRAPHQL_VALIDATION_FAILED",fault="client"} 1',
    ]);
  });

  it('tell time of ours apart from time waited for', async () => {
    const { sink, lines } = await openCounted();
    sink.record(requestEvent({ took: 1_000, waited: 750 }));
    expect(await lines('isthmus_operation_own_seconds_total')).toEqual([
      'isthmus_operation_own_seconds_total{operation="Cart"} 0.25',
    ]);
  });

  it('tell how long was waited, too', async () => {
    const { sink, lines } = await openCounted();
    sink.record(requestEvent({ took: 100, waited: 75 }));
    expect(await lines('isthmus_operation_waited_duration_seconds_bucket{kind="query",le="0.0')).toEqual([
      'isthmus_operation_waited_duration_seconds_bucket{kind="query",le="0.005"} 0',
      'isthmus_operation_waited_duration_seconds_bucket{kind="query",le="0.01"} 0',
      'isthmus_operation_waited_duration_seconds_bucket{kind="query",le="0.025"} 0',
      'isthmus_operation_waited_duration_seconds_bucket{kind="query",le="0.05"} 0',
      'isthmus_operation_waited_duration_seconds_bucket{kind="query",le="0.075"} 1',
    ]);
  });

  it('count fetches by subgraph, and each of their tries', async () => {
    const { sink, lines } = await openCounted();
    const event = requestEvent();
    addFetch(event, {
      attempts: [
        ['SUBREQUEST_HTTP_ERROR', 503],
        ['ok', 200],
      ],
    });
    addFetch(event, { outcome: 'SUBGRAPH_CIRCUIT_BREAKER_REJECTED', attempts: [] });
    sink.record(event);
    expect(await lines('isthmus_fetch')).toEqual(
      expect.arrayContaining([
        'isthmus_fetches_total{subgraph="products",kind="entities",outcome="ok",fault="none"} 1',
        'isthmus_fetches_total{subgraph="products",kind="entities",outcome="SUBGRAPH_CIRCUIT_BREAKER_REJECTED",fault="upstream"} 1',
        'isthmus_fetch_retries_total{subgraph="products"} 1',
        'isthmus_fetch_duration_seconds_count{subgraph="products"} 2',
      ]),
    );
  });

  it('name requests to subgraphs as OpenTelemetry does', async () => {
    const { sink, lines } = await openCounted();
    const event = requestEvent();
    addFetch(event, { attempts: [['SUBREQUEST_HTTP_ERROR', undefined]] });
    sink.record(event);
    expect(await lines('http_client_request_duration_seconds_count')).toEqual([
      'http_client_request_duration_seconds_count{subgraph="products",http_response_status_code="",error_type="SUBREQUEST_HTTP_ERROR"} 1',
    ]);
  });

  it('make no series of methods and paths that clients invent', async () => {
    const { sink, lines } = await openCounted();
    for (const path of ['/a', '/b']) {
      const event = new RequestEvent({
        id: 'r1',
        began: 0,
        door: 'other',
        clientAddress: '192.0.2.1',
        path,
        method: `INVENT${path}`,
      });
      event.status = 404;
      event.ended = 1;
      sink.record(event);
    }
    expect(await lines('http_server_request_duration_seconds_count')).toEqual([
      'http_server_request_duration_seconds_count{http_request_method="_OTHER",http_route="other",http_response_status_code="404"} 2',
    ]);
  });

  it('take the addresses of one IPv6 network for one source of names', async () => {
    const metrics = new ThreadMetrics();
    const sink = metrics.countingRequests('/graphql');
    for (const address of ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1'])
      sink.record(requestEvent({ name: `Of ${address}`, address }));
    const { uses } = await metrics.takeReport();
    const [one, two, other] = uses.operation.map(([, source]) => source);
    expect(two).toBe(one);
    expect(other).not.toBe(one);
  });

  it('count a name again that was not told apart in the meantime, and nothing twice', async () => {
    const metrics = new ThreadMetrics();
    const sink = metrics.countingRequests('/graphql');
    const told = async (): Promise<Readonly<Record<string, number>>> => {
      const { counts } = await metrics.takeReport();
      const ofName = counts.filter(([name]) => name === 'isthmus_operations_total');
      return Object.fromEntries(ofName.map(([, labels, [value = 0]]) => [`${labels[1]} ${labels[3]}`, value]));
    };
    const names = (...operations: string[]) => {
      const none = new Set<string>();
      metrics.learn({ operation: new Set(operations), client: none, alias: none, model: none });
    };
    for (const operations of [['Page'], [], ['Page']]) {
      names(...operations);
      sink.record(requestEvent({ name: 'Page' }));
      sink.record(requestEvent({ name: 'Page', codes: ['RATE_LIMITED'] }));
      const name = operations[0] ?? 'other';
      expect(await told()).toEqual({ [`${name} ok`]: 1, [`${name} RATE_LIMITED`]: 1 });
    }
  });

  it('count what clients left', async () => {
    const { sink, lines } = await openCounted();
    const event = requestEvent();
    event.end = 'aborted';
    sink.record(event);
    expect(await lines('isthmus_requests_unanswered_total')).toEqual([
      'isthmus_requests_unanswered_total{end="aborted",code=""} 1',
    ]);
  });
});
