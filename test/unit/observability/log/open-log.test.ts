import { mkdtempSync } from 'node:fs';
import { open as openFile, readdir, readFile, rename, rm, stat, symlink, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { checkConfig } from '../../../../src/config/index.ts';
import {
  credentialNames,
  type OpenedLog,
  openLog,
  otlpCounts,
  reopenLogFiles,
} from '../../../../src/observability/index.ts';
import { LogFile } from '../../../../src/observability/log/log-file.ts';
import { startOtlpCollector } from '../../../testkit/otlp/start-otlp-collector.ts';

const folder = mkdtempSync(join(tmpdir(), 'log-'));
afterAll(() => rm(folder, { recursive: true, maxRetries: 5 }));
let files = 0;
const newFile = () => join(folder, `${files++}`, 'gateway.log');

const opened: OpenedLog[] = [];
afterAll(() => Promise.all(opened.map((log) => log.close())));

/** @param log as in supergraph.yaml, under telemetry.log */
async function open(log: Readonly<Record<string, unknown>>, telemetry: Readonly<Record<string, unknown>> = {}) {
  const subgraphs = { shop: { routing_url: 'http://127.0.0.1:1/', schema: { file: 'shop.graphql' } } };
  const config = checkConfig('/supergraph.yaml', { subgraphs, telemetry: { ...telemetry, log } }, {});
  const one = await openLog(config.telemetry);
  opened.push(one);
  return one;
}

/** The file once it has so many lines. */
async function linesOf(path: string, count: number): Promise<readonly string[]> {
  let lines: readonly string[] = [];
  await expect
    .poll(async () => {
      lines = (await readFile(path, 'utf8').catch(() => '')).split('\n').slice(0, -1);
      return lines.length;
    })
    .toBeGreaterThanOrEqual(count);
  return lines;
}

const request = {
  requestId: 'r-1',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  client: '127.0.0.1',
  method: 'POST',
  path: '/graphql',
  status: 200,
  ms: 12.5,
  outcome: 'errors',
  operationType: 'query',
  operation: 'Page',
  errors: 1,
  modelCalls: 2,
  costUsd: '0.00014',
};
const failed = Object.assign(new Error('it broke'), { code: 'E1' });

async function written(format: string): Promise<readonly string[]> {
  const path = newFile();
  const { log } = await open({ format, file: { path } });
  log.info(request, 'request');
  log.error({ requestId: 'r-2', error: failed }, 'a request failed unexpectedly');
  return linesOf(path, 2);
}

describe('the form of log lines', () => {
  it('is JSON with plain names', async () => {
    const [line = '', error = ''] = await written('json');
    expect(JSON.parse(line)).toEqual({ level: 'info', time: expect.any(String), ...request, msg: 'request' });
    expect(JSON.parse(error)).toMatchObject({ level: 'error', error: { message: 'it broke', code: 'E1' } });
  });

  it('is JSON with the names of Elastic Common Schema', async () => {
    const [line = '', error = ''] = await written('ecs');
    expect(Object.keys(JSON.parse(line)).slice(0, 3)).toEqual(['@timestamp', 'log.level', 'message']);
    expect(JSON.parse(line)).toEqual({
      '@timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      'log.level': 'info',
      message: 'request',
      'ecs.version': '8.10.0',
      'service.name': 'isthmus',
      'event.dataset': 'isthmus',
      'http.request.id': 'r-1',
      'trace.id': request.traceId,
      'client.ip': '127.0.0.1',
      'http.request.method': 'POST',
      'url.path': '/graphql',
      'http.response.status_code': 200,
      'event.duration': 12_500_000,
      'event.outcome': 'failure',
      isthmus: {
        outcome: 'errors',
        operationType: 'query',
        operation: 'Page',
        errors: 1,
        modelCalls: 2,
        costUsd: '0.00014',
      },
    });
    expect(JSON.parse(error)).toMatchObject({
      'error.type': 'Error',
      'error.message': 'it broke',
      'error.code': 'E1',
      'error.stack_trace': expect.stringContaining('open-log.test.ts'),
    });
  });

  it('is a text without colours', async () => {
    const lines = await written('plain');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d info {2}POST \/graphql query Page 200/);
    expect(lines.join('')).not.toContain('\u001b');
  });

  it.each(['json', 'ecs', 'plain', 'readable'])('has no credentials: %s', async (format) => {
    const path = newFile();
    const { log } = await open({ format, file: { path } });
    const secrets = Object.fromEntries([...credentialNames].map((name) => [name, 'hunter2']));
    log.child({ token: 'hunter2' }).info({ ...secrets, inner: { deeper: secrets } }, 'with secrets');
    expect((await linesOf(path, 1)).join('\n')).not.toContain('hunter2');
  });
});

describe('a log file', () => {
  it('that is large is renamed, and so many are kept', async () => {
    const path = newFile();
    const { log } = await open({ format: 'json', file: { path, max_size: '10kb', keep: 2 } });
    for (let number = 0; number < 5; number++) {
      log.info({ number, text: 'x'.repeat(11_000) }, 'long');
      await expect
        .poll(async () => (await readFile(path, 'utf8').catch(() => '')).includes(`"number":${number}`))
        .toBe(true);
    }
    expect((await readdir(join(path, '..'))).sort()).toEqual(['gateway.log', 'gateway.log.1', 'gateway.log.2']);
    const numbers = ['', '.1', '.2'].map(async (end) => JSON.parse(await readFile(`${path}${end}`, 'utf8')).number);
    expect(await Promise.all(numbers)).toEqual([4, 3, 2]);
  });

  it('that is old is renamed', async () => {
    const path = newFile();
    const { log } = await open({ format: 'json', file: { path, max_age: '1ms' } });
    log.info({}, 'first');
    await linesOf(path, 1);
    log.info({}, 'second');
    await expect.poll(async () => (await readFile(path, 'utf8').catch(() => '')).includes('second')).toBe(true);
    expect(await readFile(`${path}.1`, 'utf8')).toContain('first');
  });

  it('is not old because its file system does not know when it was begun', async () => {
    const path = newFile();
    const { log } = await open({ format: 'json', file: { path } });
    log.info({}, 'first');
    await linesOf(path, 1);
    const probe = await openFile(path);
    const statOfFile = vi.spyOn(Object.getPrototypeOf(probe), 'stat').mockResolvedValue({ size: 1, birthtimeMs: 0 });
    reopenLogFiles();
    await rename(path, `${path}.old`);
    try {
      for (const text of ['second', 'third']) {
        log.info({}, text);
        await expect.poll(async () => (await readFile(path, 'utf8').catch(() => '')).includes(text)).toBe(true);
      }
      expect(await readdir(join(path, '..'))).toEqual(['gateway.log', 'gateway.log.old']);
    } finally {
      statOfFile.mockRestore();
      await probe.close();
    }
  });

  it('that another program has renamed is begun anew when that is told, without a line lost', async () => {
    const path = newFile();
    const { log } = await open({ format: 'json', file: { path } });
    log.info({}, 'first');
    await linesOf(path, 1);
    await rename(path, `${path}.old`);
    reopenLogFiles();
    log.info({}, 'second');
    expect((await linesOf(path, 1))[0]).toContain('second');
    expect(await linesOf(`${path}.old`, 1)).toHaveLength(1);
  });

  it('on a full disk holds so much, counts what is dropped, and says so once there is room', async () => {
    const path = join(folder, 'full.log');
    await symlink('/dev/full', path);
    const failures: boolean[] = [];
    const file = new LogFile({
      config: { path, maxBytes: 1_000_000, maxAgeMs: 60_000, keep: 1 },
      lostLine: (lost) => `lost ${lost}`,
      onFailure: (error) => failures.push(error !== undefined),
      maxWaiting: 100,
      delayMs: 1,
      retryMs: 5,
    });
    file.write('in the chunk that fails\n');
    await expect.poll(() => failures).toEqual([true]);
    for (let number = 0; number < 50; number++) file.write(`line ${number}\n`);
    await unlink(path);
    await expect.poll(() => failures).toEqual([true, false]);
    await expect.poll(async () => (await readFile(path, 'utf8')).includes('lost ')).toBe(true);
    file.write('after\n');
    await file.close();
    const lines = await linesOf(path, 3);
    const kept = lines.filter((line) => line.startsWith('line '));
    expect(lines).toEqual(['in the chunk that fails', ...kept, `lost ${50 - kept.length}`, 'after']);
    expect(kept.length).toBeGreaterThan(5);
    expect(kept.length).toBeLessThan(20);
  });

  it('that cannot be written holds up no exit', async () => {
    const retryMs = 7_777;
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const file = new LogFile({
      config: { path: folder, maxBytes: 1_000_000, maxAgeMs: 60_000, keep: 1 },
      lostLine: String,
      onFailure: () => undefined,
      maxWaiting: 5,
      retryMs,
    });
    file.write('held\n');
    file.write('lost\n');
    await file.close();
    const made = timers.mock.calls.flatMap(([, delay], index) =>
      delay === retryMs ? [timers.mock.results[index]?.value as NodeJS.Timeout] : [],
    );
    timers.mockRestore();
    expect(made.map((timer) => timer.hasRef())).toEqual([false, false]);
    for (const timer of made) clearTimeout(timer);
  });

  it('has what is held when the process exits, readable by its owner alone', async () => {
    const path = newFile();
    const config = { path, maxBytes: 1_000_000, maxAgeMs: 60_000, keep: 1 };
    const file = new LogFile({ config, lostLine: String, onFailure: () => undefined, delayMs: 60_000 });
    file.write('one\ntwo\n');
    file.flushAtExit();
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});

describe('log lines for a collector', () => {
  it('are records with their severity, their trace and their fields, beside those in the file', async () => {
    await using collector = await startOtlpCollector();
    const path = newFile();
    const sent = await open(
      { format: 'plain', file: { path }, otlp: true },
      { otlp: { url: collector.url, every: '5ms' } },
    );
    sent.log.info({ ...request, sizes: { depth: 2 }, token: 'hunter2' }, 'request');
    sent.log.warn({}, 'careful');
    sent.writeLines('{"level":"error","time":"2026-06-01T12:00:00.000Z","worker":2,"msg":"of a worker"}\n');
    await expect.poll(() => collector.records.length).toBe(3);
    await sent.close();
    expect(new Set(collector.requests.map(({ path: to }) => to))).toEqual(new Set(['/v1/logs']));
    expect(collector.records).toMatchObject([
      {
        severity: 9,
        severityText: 'info',
        body: 'request',
        traceId: request.traceId,
        attributes: { operation: 'Page', costUsd: '0.00014', sizes: '{"depth":2}', token: '[redacted]' },
        resource: { 'service.name': 'isthmus' },
      },
      { severity: 13, body: 'careful' },
      { severity: 17, body: 'of a worker', attributes: { worker: 2 } },
    ]);
    expect(await linesOf(path, 3)).toHaveLength(3);
  });

  it('hold no more than the queue while it does not take them, and its state is told elsewhere', async () => {
    await using collector = await startOtlpCollector();
    collector.answer = (response) => response.writeHead(400).end();
    const counts = otlpCounts('logs');
    const before = { ...counts };
    const path = newFile();
    const otlp = { url: collector.url, max_queue: 10, max_batch: 100, every: '1h' };
    const sent = await open({ format: 'json', file: { path }, otlp: true }, { otlp });
    for (let number = 0; number < 25; number++) sent.log.info({ number }, 'line');
    await sent.close();
    expect(counts.dropped - before.dropped).toBe(15);
    expect(counts.failed - before.failed).toBe(10);
    const lines = await linesOf(path, 26);
    expect(lines.filter((line) => line.includes('the collector does not take'))).toHaveLength(1);
  });
});
