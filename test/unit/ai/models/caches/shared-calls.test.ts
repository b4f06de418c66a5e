import { describe, expect, it } from 'vitest';
import { type CallBounds, ProviderFailure } from '../../../../../src/ai/model-call/index.ts';
import { SharedCalls } from '../../../../../src/ai/models/caches/shared-calls.ts';
import { addAbortListener, Deadline } from '../../../../../src/lib/index.ts';

function bounds(milliseconds = 15_000): CallBounds & { readonly leave: (reason: unknown) => void } {
  const controller = new AbortController();
  const deadline = Deadline.in(milliseconds);
  return { signal: controller.signal, deadline, leave: (reason) => controller.abort(reason) };
}

/** Work that ends on demand. */
function working() {
  const begun: { readonly bounds: CallBounds; readonly value: PromiseWithResolvers<string> }[] = [];
  return {
    begun,
    work: (workBounds: CallBounds): Promise<string> => {
      const value = Promise.withResolvers<string>();
      begun.push({ bounds: workBounds, value });
      addAbortListener(workBounds.signal, () => value.reject(workBounds.signal.reason));
      return value.promise;
    },
  };
}

describe('equal calls in flight', () => {
  it('are made once, each caller with its own deadline', async () => {
    const calls = new SharedCalls<string>();
    const { work, begun } = working();
    const [first, second, third] = [bounds(), bounds(), bounds(30)];
    const values = [first, second, third].map((one) => calls.run('a', one, work));
    const other = calls.run('b', bounds(), work);
    expect(begun).toHaveLength(2);
    await expect(values[2]).rejects.toMatchObject({ kind: 'timeout' });
    first.leave(new Error('left'));
    await expect(values[0]).rejects.toThrow('left');
    expect(begun[0]?.bounds.signal.aborted).toBe(false);
    begun[0]?.value.resolve('shared');
    begun[1]?.value.resolve('own');
    expect(await values[1]).toEqual({ value: 'shared', isOwner: false });
    expect(await other).toEqual({ value: 'own', isOwner: true });
    expect(calls.size).toBe(0);
  });

  it('are aborted when the last caller disconnects, and start again for the next', async () => {
    const calls = new SharedCalls<string>();
    const { work, begun } = working();
    const [first, second] = [bounds(), bounds()];
    const values = [first, second].map((one) => calls.run('a', one, work));
    first.leave('one');
    second.leave('two');
    expect(await Promise.allSettled(values)).toMatchObject([{ reason: 'one' }, { reason: 'two' }]);
    expect(begun[0]?.bounds.signal.aborted).toBe(true);
    const again = calls.run('a', bounds(), work);
    begun[1]?.value.resolve('again');
    expect(await again).toEqual({ value: 'again', isOwner: true });
  });

  it('continue for callers with time left when the first caller’s deadline passes', async () => {
    const calls = new SharedCalls<string>();
    let begun = 0;
    const work = async ({ deadline }: CallBounds): Promise<string> => {
      begun++;
      if (begun === 2) return 'second';
      while (!deadline.passed) await new Promise((resolve) => setTimeout(resolve, 5));
      throw new ProviderFailure({ kind: 'timeout', detail: 'late' });
    };
    const short = calls.run('a', bounds(20), work);
    const long = [bounds(), bounds()].map((one) => calls.run('a', one, work));
    await expect(short).rejects.toMatchObject({ kind: 'timeout' });
    expect((await Promise.all(long)).map(({ isOwner: own }) => own).sort()).toEqual([false, true]);
    expect(begun).toBe(2);
  });

  it('fail for everyone who waits, and start nothing past a deadline', async () => {
    const calls = new SharedCalls<string>();
    const { work, begun } = working();
    const values = [bounds(), bounds()].map((one) => calls.run('a', one, work));
    begun[0]?.value.reject(new ProviderFailure({ kind: 'rate_limited', detail: 'x', retryAfterMs: 5 }));
    for (const value of values) await expect(value).rejects.toMatchObject({ kind: 'rate_limited', retryAfterMs: 5 });
    await expect(calls.run('a', bounds(0), work)).rejects.toMatchObject({ kind: 'timeout' });
    expect(begun).toHaveLength(1);
  });
});
