import { type OperationDefinitionNode, parse } from 'graphql';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { anonymous } from '../../../../../src/access/principal.ts';
import {
  CacheHints,
  CacheOutcomes,
  type CacheStore,
  createMemoryStore,
  OperationPolicy,
  ResponseCache,
  Verification,
} from '../../../../../src/cache/index.ts';
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
  outcomes = new CacheOutcomes();
  verification = new Verification(0);
  run = vi.fn(async ({ context }) => {
    context.cachePolicy?.request('a', '{ count }');
    return { kind: 'single' as const, result: { data: new JsonText(`{"data":{"count":${++count}}}`) } };
  });
});
afterEach(() => vi.useRealTimers());

let outcomes: CacheOutcomes;
let verification: Verification;

function caching(more: Partial<ResponsesConfig>, store: CacheStore = createMemoryStore()): CachedExecution {
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
    outcomes,
    verification,
    cache: new ResponseCache({ store, keepStaleMs }),
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

async function send(execution: CachedExecution, context: Partial<OperationRequest['context']> = {}): Promise<Sent> {
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
      ...context,
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
    expect(stale[0]?.headers).not.toHaveProperty('etag');
    expect(stale[0]?.extensions).toEqual({ degraded: { '*': { reason: 'stale_while_revalidate', ageSeconds: 14 } } });
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
    const degraded = await send(execution);
    expect(degraded).toMatchObject(stale);
    expect(degraded.headers).not.toHaveProperty('etag');
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

/** An operation that waits until it is let go on. */
function hold(): { readonly release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const answer = run.getMockImplementation();
  run.mockImplementationOnce(async (request) => {
    await promise;
    request.context.signal.throwIfAborted();
    return (answer as NonNullable<typeof answer>)(request);
  });
  return { release: resolve };
}

describe('callers who miss at the same time', () => {
  it('wait for one of them, in all workers of a store', async () => {
    const store = createMemoryStore();
    const workers = [caching({}, store), caching({}, store)];
    const { release } = hold();
    const answers = Promise.all(
      Array.from({ length: 1_000 }, (_, index) => send(workers[index % 2] as CachedExecution)),
    );
    release();
    expect(new Set((await answers).map(({ text }) => text))).toEqual(new Set(['{"count":1}']));
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('look again once they may read it, also after they have waited: another may have stored it meanwhile', async () => {
    const store = createMemoryStore();
    const beforeClaims = [
      // Somebody holds it, and leaves.
      async (keys: readonly string[]) => {
        const [claim] = store.claim(keys, 1_000);
        setImmediate(() => claim?.kind === 'holder' && claim.release());
      },
      async () => void (await send(caching({}, store))),
    ];
    const remote: CacheStore = {
      ...store,
      get: async (key) => store.get(key),
      async claim(keys, ttlMs) {
        await beforeClaims.shift()?.(keys);
        return store.claim(keys, ttlMs);
      },
    };
    expect((await send(caching({}, remote))).text).toBe('{"count":1}');
    expect(beforeClaims).toEqual([]);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('are followed by one of them where the first has left', async () => {
    const execution = caching({});
    const leaving = new AbortController();
    const { release } = hold();
    const first = send(execution, { signal: leaving.signal });
    const others = Promise.all(Array.from({ length: 50 }, () => send(execution)));
    leaving.abort(new Error('left'));
    release();
    await expect(first).rejects.toThrow('left');
    expect(new Set((await others).map(({ text }) => text))).toEqual(new Set(['{"count":1}']));
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('do not wait for one that has died for longer than its lease', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    const store = createMemoryStore();
    hold(); // and never go on
    void send(caching({}, store));
    const others = Promise.all(Array.from({ length: 50 }, () => send(caching({}, store))));
    await vi.advanceTimersByTimeAsync(1_001);
    expect(new Set((await others).map(({ text }) => text))).toEqual(new Set(['{"count":1}']));
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('do not wait where the answer was not stored: all run at once', async () => {
    const execution = caching({});
    run.mockImplementation(async () => ({
      kind: 'single',
      result: { data: new JsonText(`{"data":{"count":${++count}}}`) },
    }));
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(execution)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(20);
  });
});

describe('answers near their end', () => {
  it('are read anew once, while they are sent, at a moment in the last tenth of their time', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const store = createMemoryStore();
    const workers = [caching({}, store), caching({}, store)] as const;
    await send(workers[0]);
    vi.advanceTimersByTime(9_499);
    expect((await send(workers[0])).text).toBe('{"count":1}');
    expect(run).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(2);
    const { release } = hold();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => send(workers[index % 2] as CachedExecution)),
    );
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['{"count":1}']));
    release();
    await vi.waitFor(async () => expect((await send(workers[1])).text).toBe('{"count":2}'));
    expect(run).toHaveBeenCalledTimes(2);
    vi.restoreAllMocks();
  });
});

describe('a client that has written', () => {
  it('gets nothing that was read before, not even where reading it anew fails', async () => {
    const execution = caching({ staleIfErrorMs: 60_000, staleWhileRevalidateMs: 60_000 });
    await send(execution);
    vi.advanceTimersByTime(5_000);
    const written = performance.now();
    const cacheDemands = { writtenMsAgo: () => performance.now() - written, writeId: 'w' };
    vi.advanceTimersByTime(10);
    run.mockRejectedValueOnce(new Error('the subgraph is down'));
    await expect(send(execution, { cacheDemands })).rejects.toThrow('the subgraph is down');
    expect((await send(execution, { cacheDemands })).text).toBe('{"count":2}');
    vi.advanceTimersByTime(10);
    expect((await send(execution, { cacheDemands })).text).toBe('{"count":2}');
    expect((await send(execution)).text).toBe('{"count":2}');
  });

  it('gets no answer of newer date whose data another cache had before', async () => {
    const execution = caching({});
    const written = performance.now();
    const cacheDemands = { writtenMsAgo: () => performance.now() - written, writeId: 'w' };
    vi.advanceTimersByTime(1_000);
    const answer = run.getMockImplementation();
    run.mockImplementationOnce(async (request) => {
      const found = { scope: 'public', leftMs: 7_000, ageMs: 3_000, tags: [] } as const;
      request.context.cachePolicy?.cached('a', found);
      return (answer as NonNullable<typeof answer>)(request);
    });
    await send(execution);
    vi.advanceTimersByTime(10);
    expect((await send(execution, { cacheDemands })).text).toBe('{"count":2}');
  });
});

describe('what the cache counts', () => {
  it('are hits, misses, what was stored, and what was not, by the reason', async () => {
    const execution = caching({});
    await send(execution);
    await send(execution);
    vi.advanceTimersByTime(10_001);
    run.mockResolvedValueOnce({ kind: 'single', result: { data: null, errors: [{ message: 'no' }] } });
    await send(execution);
    expect(outcomes.snapshot()).toEqual([
      {
        cache: 'responses',
        subgraph: '',
        type: 'Query',
        hits: 1,
        stale: 0,
        misses: 2,
        stored: 1,
        verified: 0,
        wrong: 0,
        refused: { error: 1 },
      },
    ]);
  });

  it('are hits that are not what their source says, which are sent all the same', async () => {
    verification = new Verification(1);
    const execution = caching({});
    await send(execution);
    expect((await send(execution)).text).toBe('{"count":1}');
    await vi.waitFor(() => expect(outcomes.snapshot()[0]).toMatchObject({ hits: 1, verified: 1, wrong: 1 }));
    expect((await send(execution)).text).toBe('{"count":1}');
  });
});
