/** What a flood of names leaves behind. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { ModelCallRecord } from '../../../../src/observability/index.ts';
import { ProcessMetrics } from '../../../../src/observability/metrics/process-metrics.ts';
import { addFetch, requestEvent } from './metric-events.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const flood = 200_000;

function modelCall(index: number): ModelCallRecord {
  return {
    at: '2026-11-29T00:00:00.000Z',
    began: 0,
    requestId: undefined,
    caller: { id: `caller ${index}`, tenant: 'public' },
    operation: 'chat',
    alias: `openai/model-${index}`,
    prompt: undefined,
    model: `openai/model-${index}`,
    server: undefined,
    parameters: {},
    respondedModel: `model-${index}`,
    providerRequestId: undefined,
    attempts: [{ model: `openai/model-${index}`, outcome: 'ok', durationMs: 3 }],
    usage: { inputTokens: 10, outputTokens: 5, source: 'reported' },
    costUsd: '0.0001',
    price: undefined,
    durationMs: 3,
    timeToFirstTokenMs: undefined,
    finish: 'stop',
    error: undefined,
    cache: 'off',
    guardrails: [],
    streamed: false,
    shadow: false,
  };
}

describe('metrics under a flood of names', () => {
  it('stay as large as they were, and count everything', async () => {
    const metrics = new ProcessMetrics({ maxNames: 200 });
    metrics.own.fix({ operation: ['Cart'] });
    const requests = metrics.own.countingRequests('/graphql');
    const calls = metrics.own.countingCalls({ record: () => undefined, close: async () => undefined });
    const heap: number[] = [];
    const series: number[] = [];
    for (let index = 0; index < flood; index++) {
      const name = `Flood${index}`;
      const event = requestEvent({
        name,
        client: `client ${index}`,
        codes: index % 2 === 0 ? [`CODE_${index}`] : [],
        address: `10.0.${(index >> 8) & 255}.${index & 255}`,
      });
      addFetch(event, { outcome: index % 3 === 0 ? `CODE_${index}` : 'ok' });
      requests.record(event);
      calls.record(modelCall(index));
      if (index % 50_000 === 49_999) {
        const { text } = await metrics.scrape();
        series.push(text.split('\n').length);
        collectGarbage();
        heap.push(process.memoryUsage().heapUsed);
      }
    }
    const { text } = await metrics.scrape();
    metrics.close();
    expect(text).toContain(
      `isthmus_operations_total{kind="query",operation="other",client="other",outcome="other",fault="upstream"} ${flood / 2}`,
    );
    expect(text).toContain(
      `isthmus_ai_calls_total{alias="other",model="other",prompt="",finish="stop",cache="off",traffic="live"} ${flood}`,
    );
    expect(new Set(series).size).toBe(1);
    expect(series[0]).toBeLessThan(400);
    expect((heap.at(-1) as number) - (heap[0] as number)).toBeLessThan(2_000_000);
  });

  it('keep legitimate names apart from it', async () => {
    const metrics = new ProcessMetrics({ maxNames: 200 });
    metrics.own.fix({ operation: ['Cart'] });
    const requests = metrics.own.countingRequests('/graphql');
    for (let index = 0; index < 5_000; index++) {
      requests.record(requestEvent({ name: `Flood${index}` }));
      if (index % 10 === 0) requests.record(requestEvent({ name: 'Cart' }));
    }
    const { text } = await metrics.scrape();
    metrics.close();
    expect(text).toContain('isthmus_operation_duration_seconds_count{kind="query",operation="Cart"} 500');
    expect(text).toContain('isthmus_operation_duration_seconds_count{kind="query",operation="other"} 5000');
  });

  it('count combinations beyond their bound with names as other', async () => {
    const metrics = new ProcessMetrics({ maxNames: 0 });
    const many = Array.from({ length: 100 }, (_, index) => `n${index}`);
    metrics.own.fix({ operation: many, client: many });
    const requests = metrics.own.countingRequests('/graphql');
    for (const name of many) for (const client of many) requests.record(requestEvent({ name, client }));
    const { text } = await metrics.scrape();
    metrics.close();
    const lines = text.split('\n').filter((line) => line.startsWith('isthmus_operations_total'));
    expect(lines.length).toBe(3_001);
    const counted = lines.map((line) => Number(line.split(' ').at(-1)));
    expect(counted.reduce((one, two) => one + two)).toBe(10_000);
  });
});
