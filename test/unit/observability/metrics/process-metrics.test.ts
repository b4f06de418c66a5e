import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ProcessMetrics } from '../../../../src/observability/metrics/process-metrics.ts';
import { reportMetrics } from '../../../../src/observability/metrics/report-metrics.ts';
import { ThreadMetrics } from '../../../../src/observability/metrics/thread-metrics.ts';
import { requestEvent } from './metric-events.ts';

const ports: MessagePort[] = [];
const processes: ProcessMetrics[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const port of ports.splice(0)) port.close();
  for (const metrics of processes.splice(0)) metrics.close();
});

function openProcess(answerMs = 500): ProcessMetrics {
  const metrics = new ProcessMetrics({ maxNames: 10, answerMs });
  processes.push(metrics);
  return metrics;
}

/** What a worker has of it, here in the same thread. */
async function openWorker(process: ProcessMetrics, isStuck = false) {
  const { port1, port2 } = new MessageChannel();
  ports.push(port2);
  const metrics = new ThreadMetrics();
  const reported = new Promise((resolve) => port1.once('message', resolve));
  process.connect(port1);
  const reportLast = reportMetrics(metrics, port2);
  await reported;
  if (isStuck) port2.removeAllListeners('message');
  return {
    metrics,
    reportLast,
    async end(): Promise<void> {
      const closed = new Promise((resolve) => port1.once('close', resolve));
      port2.close();
      await closed;
    },
  };
}

async function valueIn(process: ProcessMetrics, series: string): Promise<number | undefined> {
  const { text } = await process.scrape();
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

const lost = 'isthmus_planner_ends_total{why="late"}';

describe('the metrics of a process', () => {
  it('are the sums of all threads', async () => {
    const process = openProcess();
    const [one, two] = [await openWorker(process), await openWorker(process)];
    process.own.family('isthmus_planner_ends_total').of('late').add(1);
    one.metrics.family('isthmus_planner_ends_total').of('late').add(10);
    two.metrics.family('isthmus_planner_ends_total').of('late').add(100);
    expect(await valueIn(process, lost)).toBe(111);
  });

  it('are the highest of all threads where a sum says nothing', async () => {
    const process = openProcess();
    const [one, two] = [await openWorker(process), await openWorker(process)];
    one.metrics.add((set) => set('nodejs_eventloop_delay_max_seconds', 0.25));
    two.metrics.add((set) => set('nodejs_eventloop_delay_max_seconds', 0.125));
    expect(await valueIn(process, 'nodejs_eventloop_delay_max_seconds')).toBe(0.25);
  });

  it('keep what a worker counted that has ended, and not what it held', async () => {
    const process = openProcess();
    const worker = await openWorker(process);
    worker.metrics.family('isthmus_planner_ends_total').of('late').add(7);
    worker.metrics.family('v8js_gc_duration_seconds').of('minor').observe(0.002);
    worker.metrics.add((set) => set('isthmus_client_connections', 3));
    expect(await valueIn(process, 'isthmus_client_connections')).toBe(3);
    await worker.reportLast();
    await worker.end();
    expect(await valueIn(process, lost)).toBe(7);
    expect(await valueIn(process, 'v8js_gc_duration_seconds_count{v8js_gc_type="minor"}')).toBe(1);
    expect(await valueIn(process, 'isthmus_client_connections')).toBeUndefined();
  });

  it('never fall, however many workers end', async () => {
    const process = openProcess();
    let before = 0;
    for (let round = 0; round < 20; round++) {
      const worker = await openWorker(process);
      worker.metrics.family('isthmus_planner_ends_total').of('late').add(5);
      if (round % 2 === 0) await worker.reportLast();
      const during = (await valueIn(process, lost)) ?? 0;
      expect(during).toBe(before + 5);
      await worker.end();
      before = (await valueIn(process, lost)) ?? 0;
      expect(before).toBe(during);
    }
  });

  it('do not wait for a worker that is stuck: its last report is used, and they say so', async () => {
    const process = openProcess(1_000);
    const healthy = await openWorker(process);
    healthy.metrics.family('isthmus_planner_ends_total').of('late').add(7);
    expect(await valueIn(process, 'isthmus_metrics_threads{state="late"}')).toBe(0);
    const stuck = await openWorker(process, true);
    stuck.metrics.family('isthmus_planner_ends_total').of('late').add(1);
    const { text } = await process.scrape();
    expect(text.split('\n')).toEqual(expect.arrayContaining([`${lost} 7`, 'isthmus_metrics_threads{state="late"} 1']));
  });

  it('leave out what a part that fails would tell', async () => {
    const process = openProcess();
    process.own.add(() => Promise.reject(new Error('the store is gone')));
    process.own.add((set) => set('isthmus_client_connections', 3));
    expect(await valueIn(process, 'isthmus_client_connections')).toBe(3);
  });

  it('have one scrape for several scrapers at once', async () => {
    const process = openProcess();
    let asked = 0;
    process.own.add(() => {
      asked++;
    });
    const [one, two] = await Promise.all([process.scrape(), process.scrape()]);
    expect(one).toBe(two);
    expect(asked).toBe(1);
  });

  it('tell a name apart in all threads once it was used in three reports of five seconds', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const process = openProcess();
    const worker = await openWorker(process);
    const sinks = [process.own, worker.metrics].map((metrics) => metrics.countingRequests('/graphql'));
    const series = (name: string) => `isthmus_operation_duration_seconds_count{kind="query",operation="${name}"}`;
    for (let report = 0; report < 3; report++) {
      expect(await valueIn(process, series('Shelf'))).toBeUndefined();
      sinks[1]?.record(requestEvent({ name: 'Shelf' }));
      await process.scrape();
      vi.advanceTimersByTime(5_000);
    }
    vi.useRealTimers();
    // The worker is told with its next message.
    await process.scrape();
    for (const sink of sinks) sink.record(requestEvent({ name: 'Shelf' }));
    expect(await valueIn(process, series('Shelf'))).toBe(2);
    expect(await valueIn(process, series('other'))).toBe(3);
  });

  it('have names that a thread knows, of all threads, and no others', async () => {
    const process = openProcess();
    const worker = await openWorker(process);
    process.own.fix({ operation: ['Cart'] });
    worker.metrics.fix({ operation: ['Cart', 'Shelf'] });
    const own = process.own.family('isthmus_operation_own_seconds_total');
    own.of('Cart').add(1);
    own.of('Gone').add(1);
    worker.metrics.family('isthmus_operation_own_seconds_total').of('Cart').add(2);
    const series = (name: string) => `isthmus_operation_own_seconds_total{operation="${name}"}`;
    expect(await valueIn(process, series('Cart'))).toBe(3);
    own.of('Shelf').add(4);
    expect(await valueIn(process, series('Shelf'))).toBe(4);
    expect(await valueIn(process, series('Gone'))).toBeUndefined();
  });
});
