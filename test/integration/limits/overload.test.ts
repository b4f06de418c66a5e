/** A gateway that runs two operations at once, on sockets: what does not fit is refused soon, and by priority. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

/** Each operation ends when its turn is called. */
const ends: (() => void)[] = [];
/** Those that begin now end at once. */
let areEnding = false;
let onBegin = (): void => {};
const subgraphs = {
  slow: {
    sdl: 'type Query { slow(name: String): String }',
    resolvers: {
      Query: {
        slow: async (_: unknown, { name }: { name: string }) => {
          onBegin();
          if (!areEnding) await new Promise<void>((resolve) => ends.push(resolve));
          return name;
        },
      },
    },
  },
};
const yaml = `access: { proxy: { from: [127.0.0.0/8], id: x-user } }
ai: { models: { free: [local/extractive] } }
limits:
  clients: [{ principal: nightly, priority: batch }]
  overload: { max_concurrency: 2, queue: 2, queue_wait: 50ms }`;

describe('a gateway that sheds load', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ subgraphs, yaml, workers: 1 });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());
  afterEach(() => {
    areEnding = false;
    for (const end of ends.splice(0)) end();
  });

  const run = (name: string, headers: Record<string, string> = {}) =>
    gateway.query('query ($name: String) { slow(name: $name) }', { name }, headers);
  /** @returns those that run, once they have reached the subgraph */
  async function fill() {
    let left = 2;
    const begun = new Promise<void>((resolve) => {
      onBegin = () => {
        if (--left === 0) resolve();
      };
    });
    const running = [run('a'), run('b')];
    await begun;
    onBegin = () => {};
    return running;
  }

  it('answers 503 OVERLOADED under 100 ms for what does not fit, and the others in full', async () => {
    const running = await fill();
    const waiting = [run('c'), run('d')];
    const times: number[] = [];
    const healthTimes: number[] = [];
    let response: Response | undefined;
    // Beside what any answer takes: this machine may have much to do itself.
    for (let turn = 0; turn < 5; turn++) {
      const start = performance.now();
      await (await fetch(new URL('/health/live', gateway.server.url))).text();
      const began = performance.now();
      healthTimes.push(began - start);
      response = await fetch(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ slow(name: "e") }' }),
      });
      times.push(performance.now() - began);
    }
    expect(Math.min(...times) - Math.min(...healthTimes)).toBeLessThan(100);
    expect({ status: response?.status, after: response?.headers.get('retry-after') }).toEqual({
      status: 503,
      after: '1',
    });
    expect(await response?.json()).toEqual({
      errors: [{ message: 'The gateway has too much to do at the moment.', extensions: { code: 'OVERLOADED' } }],
    });
    for (const { status, errors } of await Promise.all(waiting))
      expect([status, errors?.[0]?.extensions.code]).toEqual([503, 'OVERLOADED']);
    for (const end of ends.splice(0)) end();
    expect((await Promise.all(running)).map(({ data }) => data.slow)).toEqual(['a', 'b']);
  });

  it('runs what waits as soon as there is a place', async () => {
    const running = await fill();
    const reached = new Promise<void>((resolve) => {
      onBegin = resolve;
    });
    const next = run('c');
    ends.shift()?.();
    await reached;
    for (const end of ends.splice(0)) end();
    expect((await next).data).toEqual({ slow: 'c' });
    await Promise.all(running);
  });

  it.each([
    ['by what it asks for', { 'isthmus-priority': 'batch' }],
    ['by the configuration, whatever it asks for', { 'x-user': 'nightly', 'isthmus-priority': 'interactive' }],
  ])('lets a batch go first, %s', async (_name, headers) => {
    const running = await fill();
    const batches = [run('c', headers), run('d', headers)];
    // Both are in the queue once a third finds no place.
    expect((await run('e', headers)).status).toBe(503);
    const waiting = run('f');
    expect((await Promise.race(batches)).status).toBe(503);
    areEnding = true;
    for (const end of ends.splice(0)) end();
    await Promise.all([...running, ...batches, waiting]);
  });

  it('answers health, and /v1 in the form of its wire', async () => {
    const running = await fill();
    const health = await fetch(new URL('/health/ready', gateway.server.url));
    expect(health.status).toBe(200);
    const call = await fetch(new URL('/v1/chat/completions', gateway.server.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'free', messages: [{ role: 'user', content: 'Hello.' }] }),
    });
    expect({ status: call.status, after: call.headers.get('retry-after') }).toEqual({ status: 503, after: '1' });
    expect(((await call.json()) as { error: { code: string } }).error.code).toBe('OVERLOADED');
    for (const end of ends.splice(0)) end();
    await Promise.all(running);
  });
});
