import { type OperationDefinitionNode, parse } from 'graphql';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { anonymous } from '../../../../../src/access/principal.ts';
import { CacheHints, createMemoryStore, OperationPolicy, ResponseCache } from '../../../../../src/cache/index.ts';
import type { ResponsesConfig } from '../../../../../src/config/index.ts';
import { type ExecutionOutcome, JsonText, type OperationRequest } from '../../../../../src/execution/index.ts';
import { CachedExecution } from '../../../../../src/http/graphql/caching/cached-execution.ts';
import { Deadline } from '../../../../../src/lib/index.ts';
import { createLogger } from '../../../../../src/observability/index.ts';
import { CollectedResponseHeaders } from '../../../../../src/transport/index.ts';

const hints = new Map([
  [
    'a',
    new CacheHints(`directive @cacheControl(maxAge: Int) on FIELD_DEFINITION
      type Query { count: Int @cacheControl(maxAge: 10) }`),
  ],
]);
const document = parse('{ count }');
const [operation] = document.definitions as readonly OperationDefinitionNode[];

let run: ReturnType<typeof vi.fn<(request: OperationRequest) => Promise<ExecutionOutcome>>>;
let count: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  count = 0;
  run = vi.fn(async ({ context }) => {
    context.cachePolicy?.request('a', '{ count }');
    return { kind: 'single' as const, result: { data: new JsonText(`{"data":{"count":${++count}}}`) } };
  });
});
afterEach(() => vi.useRealTimers());

function caching(more: Partial<ResponsesConfig>): CachedExecution {
  const config: ResponsesConfig = {
    maxAnswerBytes: 1_000_000,
    surrogateKeysLength: undefined,
    defaultMaxAgeMs: 0,
    maxAgeMs: 1_000_000,
    scopeBy: { kind: 'principal' },
    staleWhileRevalidateMs: 0,
    staleIfErrorMs: 0,
    ...more,
  };
  const keepStaleMs = Math.max(config.staleIfErrorMs, config.staleWhileRevalidateMs);
  const responses = {
    content: 'c1',
    cache: new ResponseCache({ store: createMemoryStore(), keepStaleMs }),
    config,
    createPolicy: () => new OperationPolicy({ hints, defaultMaxAgeMs: 0 }),
  };
  return new CachedExecution({
    generation: { config: { headers: {}, server: { operationTimeoutMs: 1_000 } } as never },
    responses,
    isForEveryone: () => true,
    vary: 'accept',
    run: (request) => run(request),
    log: createLogger({ level: 'silent' }),
  });
}

interface Sent {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly extensions: unknown;
}

async function send(execution: CachedExecution): Promise<Sent> {
  const responseHeaders = new CollectedResponseHeaders();
  const outcome = await execution.execute({
    documentHash: 'd1',
    document,
    operation: operation as OperationDefinitionNode,
    operationName: undefined,
    variables: {},
    context: {
      requestId: 'r1',
      principal: anonymous,
      signal: new AbortController().signal,
      deadline: Deadline.in(1_000),
      responseHeaders,
    },
  });
  if (outcome.kind !== 'single') throw new Error('one result is expected');
  const { data, extensions, errors } = outcome.result;
  const text = data instanceof JsonText ? data.text : JSON.stringify(errors);
  return { text, headers: Object.fromEntries(responseHeaders.entries()), extensions };
}

describe('cached answers', () => {
  it('are good for their time, and not longer', async () => {
    const execution = caching({});
    expect((await send(execution)).text).toBe('{"count":1}');
    vi.advanceTimersByTime(9_999);
    expect(await send(execution)).toMatchObject({ text: '{"count":1}', headers: { age: '9' } });
    vi.advanceTimersByTime(2);
    expect(await send(execution)).toMatchObject({ text: '{"count":2}', headers: { age: '0' } });
  });

  it('are good no longer than max_age', async () => {
    const execution = caching({ maxAgeMs: 3_000 });
    expect((await send(execution)).headers['cache-control']).toBe('max-age=3, public');
    vi.advanceTimersByTime(3_001);
    expect((await send(execution)).text).toBe('{"count":2}');
  });

  it('are sent stale while they are read anew, once', async () => {
    const execution = caching({ staleWhileRevalidateMs: 5_000 });
    await send(execution);
    vi.advanceTimersByTime(14_000);
    const stale = await Promise.all([send(execution), send(execution)]);
    expect(stale.map(({ text }) => text)).toEqual(['{"count":1}', '{"count":1}']);
    expect(stale[0]?.headers).toMatchObject({ age: '14', 'cache-control': 'max-age=10, public' });
    await vi.waitFor(async () => expect((await send(execution)).text).toBe('{"count":2}'));
    expect(run).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(15_001);
    expect((await send(execution)).text).toBe('{"count":3}');
  });

  it('stay as they are where reading them anew fails', async () => {
    const execution = caching({ staleWhileRevalidateMs: 5_000 });
    await send(execution);
    vi.advanceTimersByTime(11_000);
    run.mockRejectedValueOnce(new Error('the subgraph is down'));
    expect((await send(execution)).text).toBe('{"count":1}');
    await vi.waitFor(async () => expect((await send(execution)).text).toBe('{"count":2}'));
  });

  it('are sent stale, marked as degraded, where the new answer is an error or throws', async () => {
    const execution = caching({ staleIfErrorMs: 60_000 });
    await send(execution);
    vi.advanceTimersByTime(69_000);
    const failed = { kind: 'single' as const, result: { data: null, errors: [{ message: 'no' }] } };
    const stale = {
      text: '{"count":1}',
      headers: { age: '69' },
      extensions: { degraded: { '*': { reason: 'stale_if_error', ageSeconds: 69 } } },
    };
    run.mockResolvedValueOnce(failed);
    expect(await send(execution)).toMatchObject(stale);
    run.mockRejectedValueOnce(new Error('the subgraph is down'));
    expect(await send(execution)).toMatchObject(stale);
    vi.advanceTimersByTime(2_000);
    run.mockResolvedValueOnce(failed);
    expect((await send(execution)).text).toBe('[{"message":"no"}]');
    run.mockRejectedValueOnce(new Error('the subgraph is down'));
    await expect(send(execution)).rejects.toThrow('the subgraph is down');
  });

  it('are read anew before an error is met with a stale one', async () => {
    const execution = caching({ staleIfErrorMs: 60_000 });
    await send(execution);
    vi.advanceTimersByTime(20_000);
    expect((await send(execution)).text).toBe('{"count":2}');
  });
});
