import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { open, readFile, rename, rm, stat, symlink, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createLogger, createModelCallLog, type ModelCallRecord } from '../../../src/observability/index.ts';
import { safetyLimit } from '../../testkit/safety-limit.ts';

const folder = mkdtempSync(join(tmpdir(), 'model-calls-'));
afterAll(() => rm(folder, { recursive: true, maxRetries: 5 }));
let files = 0;
const newFile = () => join(folder, `calls-${files++}.jsonl`);

function call(requestId: string, changes: Partial<ModelCallRecord> = {}): ModelCallRecord {
  return {
    began: 0,
    server: undefined,
    parameters: {},
    error: undefined,
    at: '2026-06-01T12:00:00.000Z',
    requestId,
    caller: { id: 'anonymous', tenant: 'public' },
    operation: 'chat',
    alias: 'fast',
    prompt: 'review-summary@3',
    model: 'openai/gpt-4.1-mini',
    respondedModel: 'gpt-4.1-mini-2025-04-14',
    providerRequestId: 'req_1',
    attempts: [{ model: 'openai/gpt-4.1-mini', outcome: 'ok', durationMs: 312 }],
    usage: { inputTokens: 100, outputTokens: 50, cachedInputTokens: 64, source: 'reported' },
    costUsd: '0.00012',
    price: { source: 'genai-prices', version: '0.1.8', date: '2026-06-01' },
    durationMs: 312,
    timeToFirstTokenMs: 120,
    finish: 'stop',
    cache: 'miss',
    guardrails: ['pii.email:mask'],
    streamed: true,
    shadow: false,
    ...changes,
  };
}

function logged() {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().trimEnd().split('\n')) lines.push(JSON.parse(line));
      done();
    },
  });
  return { lines, log: createLogger({ level: 'info', readable: false, destination }) };
}

async function idsIn(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as ModelCallRecord).requestId ?? '');
}

const ids = (count: number, prefix = 'r') => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe('the log of model calls', () => {
  it('writes each record as a line of the file, and a short line of the log', async () => {
    const { lines, log } = logged();
    const file = newFile();
    const sink = createModelCallLog({ file, log });
    sink.record(call('r1'));
    sink.record(
      call('r2', { usage: undefined, price: undefined, requestId: undefined, finish: 'AI_MODEL_UNAVAILABLE' }),
    );
    await sink.close();
    const written = (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    const { began: _b, server: _s, parameters: _p, error: _e, ...fields } = call('r1');
    expect(written[0]).toEqual(fields);
    expect(written).toHaveLength(2);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      level: 'info',
      msg: 'model call',
      requestId: 'r1',
      model: 'openai/gpt-4.1-mini',
      inputTokens: 100,
      costUsd: '0.00012',
      finish: 'stop',
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('writes by itself, soon, without being closed', async () => {
    const file = newFile();
    const sink = createModelCallLog({ file, log: logged().log, delayMs: 5 });
    sink.record(call('r1'));
    await expect.poll(() => idsIn(file)).toEqual(['r1']);
    sink.record(call('r2'));
    await expect.poll(() => idsIn(file)).toEqual(['r1', 'r2']);
    await sink.close();
  });

  it('creates the folder, and appends to the file', async () => {
    const file = join(folder, 'new', 'folder', 'calls.jsonl');
    for (const id of ['r1', 'r2']) {
      const sink = createModelCallLog({ file, log: logged().log });
      sink.record(call(id));
      await sink.close();
    }
    expect(await idsIn(file)).toEqual(['r1', 'r2']);
  });

  it('writes thousands in order', async () => {
    const file = newFile();
    const sink = createModelCallLog({ file, log: logged().log, delayMs: 1 });
    const all = ids(3_000);
    for (const id of all) sink.record(call(id));
    await sink.close();
    expect(await idsIn(file)).toEqual(all);
  });

  it('needs no file', async () => {
    const { lines, log } = logged();
    const sink = createModelCallLog({ log });
    sink.record(call('r1'));
    await sink.close();
    expect(lines.map(({ requestId }) => requestId)).toEqual(['r1']);
  });

  it('writes nothing that a record has no field for', async () => {
    const { lines, log } = logged();
    const file = newFile();
    const sink = createModelCallLog({ file, log });
    const careless = {
      ...call('r1'),
      messages: ['SECRET TEXT'],
      attempts: [{ model: 'a/b', outcome: 'ok', durationMs: 1, key: 'sk-SECRET' }],
      caller: { id: 'u1', tenant: 't1', token: 'SECRET' },
      usage: { inputTokens: 1, outputTokens: 1, source: 'reported', body: 'SECRET' },
    } as const;
    sink.record(careless);
    await sink.close();
    expect(await readFile(file, 'utf8')).not.toContain('SECRET');
    expect(JSON.stringify(lines)).not.toContain('SECRET');
  });

  it('drops records that come too fast, counts them, and continues', async () => {
    const { lines, log } = logged();
    const file = newFile();
    const sink = createModelCallLog({ file, log, maxQueued: 10, delayMs: 1 });
    for (const id of ids(25)) sink.record(call(id));
    await expect.poll(() => lines.some(({ dropped }) => dropped === 15)).toBe(true);
    sink.record(call('later'));
    await sink.close();
    expect(await idsIn(file)).toEqual([...ids(10), 'later']);
  });

  it('accepts nothing after it was closed, and can be closed twice', async () => {
    const file = newFile();
    const sink = createModelCallLog({ file, log: logged().log });
    sink.record(call('r1'));
    await sink.close();
    sink.record(call('r2'));
    await sink.close();
    expect(await idsIn(file)).toEqual(['r1']);
  });

  it('buffers records while the disk is full, reports it once, and writes them later', async () => {
    const { lines, log } = logged();
    const file = newFile();
    await symlink('/dev/full', file);
    const sink = createModelCallLog({ file, log, delayMs: 1, retryMs: 5 });
    const errors = () => lines.filter(({ level }) => level === 'error');
    sink.record(call('r1'));
    await expect.poll(() => errors()).toHaveLength(1);
    sink.record(call('r2'));
    // The log continues.
    await expect.poll(() => lines.some(({ requestId }) => requestId === 'r2')).toBe(true);
    await unlink(file);
    await expect.poll(() => idsIn(file)).toEqual(['r1', 'r2']);
    expect(errors()).toHaveLength(1);
    expect(lines.some(({ msg }) => msg === 'records of model calls are written again')).toBe(true);
    await sink.close();
  });

  it('buffers no more than its bound while the disk is full', async () => {
    const { lines, log } = logged();
    const file = newFile();
    await symlink('/dev/full', file);
    const sink = createModelCallLog({ file, log, delayMs: 1, retryMs: 5, maxWaiting: 5_000, closeTimeoutMs: 100 });
    for (const id of ids(100)) sink.record(call(id));
    await expect.poll(() => lines.some(({ dropped }) => Number(dropped) > 80)).toBe(true);
    await sink.close();
    expect(lines.at(-1)).toMatchObject({ level: 'error', msg: 'the last records of model calls could not be written' });
  });

  it('is not blocked by a file that accepts no data', async () => {
    const { lines, log } = logged();
    const file = newFile();
    execFileSync('mkfifo', [file]);
    // Open and not read: a pipe accepts 64 KB, then a write blocks.
    const reader = await open(file, 'r+');
    const sink = createModelCallLog({ file, log, delayMs: 1, maxWaiting: 200_000, closeTimeoutMs: 30 });
    for (const id of ids(1_000)) sink.record(call(id));
    await expect.poll(() => lines.some(({ dropped }) => Number(dropped) > 500)).toBe(true);
    expect(lines.filter(({ msg }) => msg === 'model call')).toHaveLength(1_000);
    const started = performance.now();
    await sink.close();
    expect(performance.now() - started).toBeLessThan(safetyLimit(30));
    expect(lines.at(-1)).toMatchObject({ level: 'error' });
    // Ends the blocked write, and its thread with it.
    for (let read = 0; read < 150_000; ) read += (await reader.read(Buffer.alloc(65_536))).bytesRead;
    await reader.close();
  });

  it('reopens the file after it was renamed', async () => {
    const file = newFile();
    const now = vi.spyOn(performance, 'now');
    const sink = createModelCallLog({ file, log: logged().log, delayMs: 1 });
    sink.record(call('r1'));
    await expect.poll(() => idsIn(file)).toEqual(['r1']);
    await rename(file, `${file}.1`);
    const later = performance.now() + 2_000;
    now.mockImplementation(() => later);
    sink.record(call('r2'));
    await expect.poll(() => idsIn(file)).toEqual(['r2']);
    expect(await idsIn(`${file}.1`)).toEqual(['r1']);
    now.mockRestore();
    await sink.close();
  });
});
