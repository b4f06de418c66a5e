import { readFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  createLogger,
  type FetchEvent,
  type Logger,
  type ModelCallRecord,
  OperationEvent,
  RequestEvent,
  RequestLog,
  requestLine,
} from '../../../src/observability/index.ts';

let event: RequestEvent;
beforeEach(() => {
  const options = { id: 'r1', began: 100, method: 'POST', path: '/graphql', clientAddress: '10.0.0.1' } as const;
  event = new RequestEvent({ ...options, door: 'graphql' });
  event.status = 200;
  event.ended = 150.04;
});

function addOperation(changes: Partial<OperationEvent> = {}): OperationEvent {
  const operation = Object.assign(new OperationEvent(event, 110), {
    kind: 'query',
    name: 'Page',
    ended: 140,
    ...changes,
  });
  event.operations.push(operation);
  return operation;
}

const call = (costUsd: string, shadow = false) => ({ costUsd, shadow }) as ModelCallRecord;

/** Without what is undefined: as it is written. */
function line(): Record<string, unknown> {
  return JSON.parse(JSON.stringify(requestLine(event))) as Record<string, unknown>;
}

const base = {
  requestId: 'r1',
  client: '10.0.0.1',
  method: 'POST',
  path: '/graphql',
  status: 200,
  ms: 50,
  outcome: 'ok',
};

describe('the line of a request', () => {
  it('has the fields that docs/operating.md lists', async () => {
    const page = await readFile('docs/operating.md', 'utf8');
    const [table = ''] = page.slice(page.indexOf('\n## Logs')).split('\nHealth checks', 1);
    const documented = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, names = '']) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    );
    event.trace = { traceId: 't', spanId: 's', parentSpanId: undefined, isSampled: true, state: undefined };
    Object.assign(event, { clientName: 'web', clientVersion: '1' });
    const all = { errorCount: 1, codes: ['A'], source: 'cached', sizes: {}, costEstimated: 1, costActual: 1 } as const;
    addOperation({ ...all, codes: ['A'], fetches: [{} as FetchEvent], modelCalls: [call('1')] });
    const written = Object.keys(requestLine(event));
    addOperation();
    written.push(...Object.keys(requestLine(event)));
    Object.assign(event, { code: 'A', key: 'server.write_timeout' });
    written.push(...Object.keys(requestLine(event)), 'level', 'time', 'msg');
    expect(documented.sort()).toEqual([...new Set(written)].sort());
  });

  it('of what asks for no operation is short', () => {
    expect(line()).toEqual(base);
  });

  it('has its operation, and what is ours of its time', () => {
    event.clientName = 'web';
    addOperation({ waitedMs: 28, costEstimated: 5, costActual: 4 });
    expect(line()).toEqual({
      ...base,
      clientName: 'web',
      operationType: 'query',
      operation: 'Page',
      costEstimated: 5,
      costActual: 4,
      waitedMs: 28,
      oursMs: 2,
    });
  });

  it('has the dollars of all calls, exact, and no copies that nobody waits for', () => {
    addOperation({ modelCalls: [call('0.000000001')] });
    expect(line()).toMatchObject({ modelCalls: 1, costUsd: '0.000000001' });
    addOperation({ modelCalls: [call('0.1'), call('0.2'), call('7', true)] });
    expect(line()).toMatchObject({ modelCalls: 3, costUsd: '0.300000001' });
  });

  it('of a batch is about all its operations', () => {
    addOperation({ waitedMs: 10, errorCount: 2, codes: ['A', 'B'] });
    addOperation({ waitedMs: 5, errorCount: 1, codes: ['B'], source: 'cached' });
    expect(line()).toEqual({
      ...base,
      outcome: 'errors',
      operations: 2,
      errors: 3,
      codes: ['A', 'B'],
      waitedMs: 15,
      oursMs: 45,
    });
  });

  it('of what is refused has the code once', () => {
    event.code = 'NOT_ACCEPTABLE';
    addOperation({ kind: undefined, name: undefined, errorCount: 1, codes: ['NOT_ACCEPTABLE'] });
    expect(line()).toMatchObject({ outcome: 'refused', code: 'NOT_ACCEPTABLE' });
    expect(line()).not.toHaveProperty('errors');
  });

  it.each([
    ['answered', 'graphql', 'info', 'request'],
    ['aborted', 'graphql', 'info', 'request aborted by the client'],
    ['cut', 'graphql', 'warn', 'request cut'],
    ['answered', 'health', 'debug', 'request'],
    ['cut', 'page', 'warn', 'request cut'],
  ] as const)('of a request that was %s (%s) is at the level %s', (end, door, level, msg) => {
    const lines: Record<string, unknown>[] = [];
    const destination = { write: (text: string) => lines.push(JSON.parse(text)) };
    const log = new RequestLog(createLogger({ level: 'debug', readable: false, destination }));
    log.record(Object.assign(event, { end, door }));
    expect(lines).toMatchObject([{ level, msg, requestId: 'r1' }]);
  });
});

describe('the log', () => {
  it.each([
    ['without fields of its own', (log: Logger) => log],
    ['of a worker', (log: Logger) => log.child({ worker: 2, token: 'secret' }).child({ part: 'a "b"' })],
  ])('has its lines of requests as all others, %s', (name, of) => {
    const lines: string[] = [];
    const log = of(
      createLogger({ level: 'info', readable: false, destination: { write: (text) => lines.push(text) } }),
    );
    const requests = new RequestLog(log);
    /** As it is written, and as pino writes it. */
    const expectSame = (): void => {
      lines.length = 0;
      requests.record(event);
      log.info(requestLine(event), 'request');
      const [written = '', usual = ''] = lines.map((text) => text.replace(/"time":"[^"]+",/, ''));
      expect(written).toBe(usual);
      expect(written).toMatch(/^{"level":"info",.*"msg":"request"}\n$/s);
      if (name === 'of a worker') expect(written).toMatch(/"worker":2,"token":"\[redacted\]","part":"a \\"b\\""/);
      expect(lines).toHaveLength(2);
    };
    expectSame();
    event.clientName = 'a "client"\n of\u2028 \ud800';
    event.clientVersion = 'ä\\';
    event.trace = { traceId: 't', spanId: 's', parentSpanId: undefined, isSampled: true, state: undefined };
    addOperation({ sizes: { tokens: 3, depth: undefined }, errorCount: 1, codes: ['A', '"'], source: 'cached' });
    expectSame();
    Object.assign(event, { code: 'A', key: 'server.write_timeout' });
    const costs = { costEstimated: Number.POSITIVE_INFINITY, costActual: 4.5, modelCalls: [call('0.1'), call('1')] };
    Object.assign(event.operations[0] ?? {}, costs, { fetches: [{}, {}], waitedMs: 1.26 });
    expectSame();
    addOperation({ kind: undefined });
    expectSame();
    lines.length = 0;
    log.line?.('debug', '', 'not written');
    expect(lines).toEqual([]);
  });

  it('wants no events where its level is above the lines of requests', () => {
    const enabled = (level: 'debug' | 'info' | 'warn') =>
      new RequestLog(createLogger({ level, readable: false, destination: { write: () => undefined } })).isEnabled;
    expect([enabled('debug'), enabled('info'), enabled('warn')]).toEqual([true, true, false]);
  });
});
