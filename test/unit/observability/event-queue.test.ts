import { execFile } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  EventQueue,
  FetchEvent,
  OperationEvent,
  RequestEvent,
  type RequestSink,
} from '../../../src/observability/index.ts';

const options = { began: 0, method: 'POST', path: '/graphql', door: 'graphql', clientAddress: '127.0.0.1' } as const;
const event = (id: string): RequestEvent => new RequestEvent({ id, ...options });
const fetchEvent = (): FetchEvent =>
  new FetchEvent({ subgraph: 'products', kind: 'root', operationType: 'query', isInProcess: false, began: 0 });

function ids() {
  const all: string[] = [];
  const sink: RequestSink = { record: ({ id }) => all.push(id) };
  return { all, sink };
}

describe('a queue of events', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('hands them on in order after its delay, to each sink', () => {
    const [first, second] = [ids(), ids()];
    const queue = new EventQueue({ sinks: [first.sink, second.sink], delayMs: 50 });
    for (const id of ['a', 'b', 'c']) queue.add(event(id));
    expect(first.all).toEqual([]);
    vi.advanceTimersByTime(50);
    expect([first.all, second.all]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
    queue.end();
  });

  it('holds no more than so many, in a flood without a pause', () => {
    const { all, sink } = ids();
    const queue = new EventQueue({ sinks: [sink], maxWeight: 64 });
    let mostHeld = 0;
    for (let count = 1; count <= 10_000; count++) {
      queue.add(event(String(count)));
      mostHeld = Math.max(mostHeld, count - all.length);
    }
    expect(mostHeld).toBe(63);
    queue.flush();
    expect(all).toHaveLength(10_000);
    queue.end();
  });

  it('holds fewer of those that have more in them', () => {
    const { all, sink } = ids();
    const queue = new EventQueue({ sinks: [sink], maxWeight: 64 });
    for (let count = 1; count <= 8; count++) {
      const asked = event(String(count));
      const operation = new OperationEvent(asked, 0);
      asked.operations.push(operation);
      for (let fetch = 0; fetch < 7; fetch++) operation.fetches.push(fetchEvent());
      expect(all).toEqual([]);
      queue.add(asked);
    }
    expect(all).toHaveLength(8);
    queue.end();
  });

  it('hands on what it holds where it is asked, and what comes after its end at once', () => {
    const { all, sink } = ids();
    const queue = new EventQueue({ sinks: [sink] });
    queue.add(event('a'));
    queue.flush();
    expect(all).toEqual(['a']);
    queue.add(event('b'));
    queue.end();
    expect(all).toEqual(['a', 'b']);
    queue.add(event('c'));
    expect(all).toEqual(['a', 'b', 'c']);
    vi.advanceTimersByTime(1_000);
    expect(all).toHaveLength(3);
  });
});

it('a process that an error ends has the lines of all requests that had ended', async () => {
  const code = `
    import { createLogger, EventQueue, RequestEvent, RequestLog } from './src/observability/index.ts';
    const log = createLogger({ level: 'info', readable: false });
    log.info({}, 'the output is open');
    const queue = new EventQueue({ sinks: [new RequestLog(log)] });
    for (const id of ['a', 'b', 'c']) queue.add(new RequestEvent({ id, ...${JSON.stringify(options)} }));
    setImmediate(() => { throw new Error('an error that nobody catches'); });`;
  const { exitCode, stdout } = await new Promise<{ exitCode: number | string | null | undefined; stdout: string }>(
    (resolve) =>
      execFile(process.execPath, ['--input-type=module', '--eval', code], (error, text) =>
        resolve({ exitCode: error?.code, stdout: text }),
      ),
  );
  const lines = stdout.split('\n').filter((line) => line !== '');
  expect(exitCode).toBe(1);
  expect(lines.map((line) => JSON.parse(line).requestId)).toEqual([undefined, 'a', 'b', 'c']);
});
