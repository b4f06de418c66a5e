import { describe, expect, it } from 'vitest';
import { sharingKey } from '../../../../src/http/graphql/share-identical.ts';
import { type Abortable, addAbortListener, SharedRuns } from '../../../../src/lib/index.ts';

const never = new AbortController().signal;

describe('identical runs', () => {
  it('are one run while it is under way, and a new one afterwards', async () => {
    const runs = new SharedRuns<number>();
    let begun = 0;
    const work = async () => ++begun;
    expect(
      await Promise.all([runs.run('a', never, work), runs.run('a', never, work), runs.run('b', never, work)]),
    ).toEqual([1, 1, 2]);
    expect(runs.size).toBe(0);
    expect(await runs.run('a', never, work)).toBe(3);
  });

  it('continue when the client that began them disconnects', async () => {
    const runs = new SharedRuns<string>();
    const leader = new AbortController();
    const finish = Promise.withResolvers<string>();
    let aborted = false;
    const first = runs.run('a', leader.signal, (signal) => {
      addAbortListener(signal, () => {
        aborted = true;
      });
      return finish.promise;
    });
    const second = runs.run('a', never, () => Promise.reject(new Error('never begun')));
    leader.abort(new Error('left'));
    await expect(first).rejects.toThrow('left');
    expect(aborted).toBe(false);
    finish.resolve('answer');
    expect(await second).toBe('answer');
  });

  it('are aborted when the last client disconnects, and start again for the next', async () => {
    const runs = new SharedRuns<string>();
    const [one, two] = [new AbortController(), new AbortController()];
    const aborted = Promise.withResolvers<unknown>();
    const hanging = (signal: Abortable) =>
      new Promise<string>((_resolve, reject) => {
        addAbortListener(signal, () => {
          aborted.resolve(signal.reason);
          reject(signal.reason as Error);
        });
      });
    const both = [runs.run('a', one.signal, hanging), runs.run('a', two.signal, hanging)];
    one.abort(new Error('one left'));
    two.abort(new Error('two left'));
    expect(runs.size).toBe(0);
    expect(((await aborted.promise) as Error).message).toBe('two left');
    expect((await Promise.allSettled(both)).map((each) => each.status)).toEqual(['rejected', 'rejected']);
    expect(await runs.run('a', never, async () => 'new')).toBe('new');
  });

  it('fail together', async () => {
    const runs = new SharedRuns<string>();
    const work = () => Promise.reject(new Error('no'));
    const all = await Promise.allSettled([runs.run('a', never, work), runs.run('a', never, work)]);
    expect(all.map((each) => each.status)).toEqual(['rejected', 'rejected']);
    expect(runs.size).toBe(0);
  });
});

describe('the key of an answer', () => {
  const caller = 'c1';
  const request = (query: string, more: object = {}) =>
    ({ method: 'POST', headers: {}, search: '', body: { query, ...more }, mediaType: 'application/json' }) as const;
  const key = (
    asked: Parameters<typeof sharingKey>[0],
    who: Parameters<typeof sharingKey>[1],
    headers: readonly string[],
    explain: ReadonlySet<string> = new Set(),
    contract?: string,
  ) => sharingKey(asked, who, contract, headers, explain);

  it('has the caller, contract, operation, variables, forwarded headers and media type', () => {
    const base = key(request('{ a }'), caller, []);
    expect(key(request('{ a }'), caller, [])).toBe(base);
    const others = [
      key(request('{ b }'), caller, []),
      key(request('{ a }', { variables: { x: 1 } }), caller, []),
      key(request('{ a }', { operationName: 'A' }), caller, []),
      key(request('{ a }'), 'c2', []),
      key(request('{ a }'), caller, ['accept-language: de']),
      key(request('{ a }'), caller, [], new Set(['ai'])),
      key(request('{ a }'), caller, [], new Set(), 'public'),
      key({ ...request('{ a }'), mediaType: 'application/graphql-response+json' }, caller, []),
    ];
    expect(new Set([base, ...others]).size).toBe(others.length + 1);
  });

  it.each(['mutation { a }', 'query A { a } mutation B { b }', 'subscription { a }', ' \n mutation{a}'])(
    'never shares %j',
    (query) => {
      expect(key(request(query), caller, [])).toBeUndefined();
    },
  );

  it.each([null, 7, [], {}])('never shares a body that is %j', (body) => {
    expect(key({ ...request(''), body }, caller, [])).toBeUndefined();
  });
});
