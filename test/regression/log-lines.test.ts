/** The log has one line per request: fields for programs, text on a terminal. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/observability/index.ts';
import { type AiGraph, echo, startAiGraph } from '../testkit/graphs/ai-graph.ts';

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({ products: 5, fields: '{ cache: { enabled: false } }' });
});
afterAll(() => graph[Symbol.asyncDispose]());
beforeEach(() => {
  graph.provider.reset();
  graph.provider.respond(echo);
  (graph.gateway.log as unknown[]).length = 0;
});

/** The lines of a request, as soon as its own is there. */
async function linesOf(requestId: string) {
  const lines = () => graph.gateway.log.filter((line) => line.requestId === requestId);
  await expect.poll(() => lines().some(({ msg }) => String(msg).startsWith('request'))).toBe(true);
  return lines();
}

async function send(path: string, requestId: string, init: RequestInit = {}) {
  const response = await fetch(new URL(path, graph.gateway.url), {
    ...init,
    headers: { 'content-type': 'application/json', 'x-request-id': requestId },
  });
  await response.text();
  return linesOf(requestId);
}

const operation = (query: string, operationName?: string): RequestInit => ({
  method: 'POST',
  body: JSON.stringify({ query, operationName }),
});

/** What a terminal shows of a line. */
function shown(line: object, level: 'info' | 'debug' = 'info'): string {
  let text = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const { level: of, time: _, msg, ...fields } = line as { level: 'info'; time: string; msg: string };
  createLogger({ level, readable: true, destination })[of](fields, msg);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  return text.replace(/\u001b\[\d+m/g, '');
}

describe('the line of a request', () => {
  it('has its operation, errors, model calls and dollars', async () => {
    const lines = await send('/graphql', 'summaries', operation('query Summaries { products { id summary } }'));
    const line = lines.find(({ msg }) => msg === 'request');
    expect(line).toMatchObject({
      level: 'info',
      method: 'POST',
      path: '/graphql',
      status: 200,
      operationType: 'query',
      operation: 'Summaries',
      modelCalls: 5,
      costUsd: expect.stringMatching(/^0(\.\d+)?$/),
    });
    expect(shown(line ?? {})).toMatch(
      /^\d\d:\d\d:\d\d info {2}POST \/graphql query Summaries 200 [\d.]+ ms, 5 model calls \$0(\.\d+)?\n$/,
    );
    expect(shown({ level: 'info', msg: 'model call', alias: 'fast' })).toBe('');
    expect(shown({ level: 'info', msg: 'model call', alias: 'fast' }, 'debug')).toContain('model call alias=fast');
  });

  it('has the operation, also of a cached document, and the selected one of several', async () => {
    const query = 'query First { products { id } } query Second { product(id: "p1") { name } }';
    for (const id of ['once', 'twice']) {
      const [line] = await send('/graphql', id, operation(query, 'Second'));
      expect(line).toMatchObject({ operation: 'Second', operationType: 'query' });
      expect(line).not.toHaveProperty('modelCalls');
    }
  });

  it('has the code that is the whole answer', async () => {
    expect(await send('/graphql', 'bad', { method: 'PUT', body: '{}' })).toEqual([
      expect.objectContaining({ status: 405, code: 'METHOD_NOT_ALLOWED', msg: 'request' }),
    ]);
    expect(await send('/graphql', 'wrong', operation('query Wrong { nothing another }'))).toEqual([
      expect.objectContaining({ errors: 2, msg: 'request' }),
    ]);
  });

  it('says on a terminal where an answer came from, and what failed', () => {
    const line = { level: 'info', msg: 'request', method: 'POST', path: '/graphql', status: 200, ms: 3 };
    expect(shown({ ...line, operationType: 'query', operation: 'Page', source: 'cached' })).toMatch(
      / info {2}POST \/graphql query Page 200 3 ms, cached\n$/,
    );
    expect(shown({ ...line, operations: 2, errors: 3, codes: ['A', 'B'] })).toMatch(
      / info {2}POST \/graphql 2 operations 200 3 ms, 3 errors A B\n$/,
    );
  });

  it('is at debug level for health checks and files of the page', async () => {
    for (const path of ['/health/live', '/', '/landing/nothing.js', '/favicon.ico']) {
      const [line] = await send(path, `asset${path.replaceAll('/', '.')}`);
      expect(line).toMatchObject({ level: 'debug', path });
    }
  });
});

describe('a failed AI field', () => {
  it('is one line, however many entities it failed for', async () => {
    graph.provider.respond(() => ({ text: 'no', finishReason: 'content_filter' }));
    const lines = await send('/graphql', 'failed', operation('{ products { summary } }'));
    const failed = lines.filter(({ msg }) => msg === 'AI field failed');
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatchObject({ level: 'warn', subgraph: 'assistant', field: 'summary', count: 5 });
    expect(lines.find(({ msg }) => msg === 'request')).toMatchObject({ errors: 5 });
    expect(shown(failed[0] ?? {})).toMatch(
      /^[\d:]+ warn {2}AI field failed: summary of assistant \(5 times\): [A-Z_]+.*\n$/,
    );
  });
});

describe('a terminal', () => {
  it('is not affected by control characters of outsiders', () => {
    const line = shown({ level: 'warn', msg: 'odd', reason: '\u001b[2J\u009b31m', detail: 'a\nb' });
    expect(line).toBe(
      `${line.slice(0, 15)}odd reason="\ufffd[2J\ufffd31m" detail="a\\nb"\n`.replace('"\ufffd', '"\\u001b'),
    );
  });

  it('shows the stack of an error under its line', () => {
    expect(shown({ level: 'error', msg: 'it failed', error: new Error('deep') })).toMatch(
      /error it failed\n {4}Error: deep\n {8}at /,
    );
  });
});

describe('a composition that is refused', () => {
  it('is logged in fields too: code, subgraph, file and line', async () => {
    const file = join(graph.folderOf('assistant'), 'schema.graphql');
    const { readFile } = await import('node:fs/promises');
    const sdl = await readFile(file, 'utf8');
    await writeFile(file, `${sdl}\nextend type Product { other: Missing }`);
    expect((await graph.gateway.gateway.reload()).kind).toBe('refused');
    const line = graph.gateway.log.find(({ level }) => level === 'error');
    expect(line?.problems).toEqual(
      expect.arrayContaining([
        {
          severity: 'error',
          code: expect.stringMatching(/^[A-Z_]+$/),
          message: expect.any(String),
          suggestedFix: expect.any(String),
          subgraph: 'assistant',
          file: expect.stringContaining('schema.graphql'),
          line: expect.any(Number),
        },
      ]),
    );
    expect(shown(line ?? {})).not.toContain('problems=');
    await writeFile(file, sdl);
  });
});
