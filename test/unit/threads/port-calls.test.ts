import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { abortSignalOf } from '../../../src/lib/index.ts';
import { answerPortCalls, createPortCaller, type PortCaller } from '../../../src/threads/index.ts';

const channels: MessageChannel[] = [];
afterEach(() => {
  for (const { port1 } of channels.splice(0)) port1.close();
});

function connect(
  answer: (request: string, signal: AbortSignal) => string | Promise<string>,
): PortCaller<string, string> {
  const channel = new MessageChannel();
  channels.push(channel);
  answerPortCalls(channel.port1, (request: string, signal) => answer(request, abortSignalOf(signal)));
  return createPortCaller(channel.port2);
}

describe('calls over a port', () => {
  it('have each its own answer, whatever their order', async () => {
    const releases = new Map<string, () => void>();
    const bothArrived = Promise.withResolvers<void>();
    const caller = connect(async (request) => {
      await new Promise<void>((resolve) => {
        releases.set(request, resolve);
        if (releases.size === 2) bothArrived.resolve();
      });
      return `answer to ${request}`;
    });
    const first = caller.call('one');
    const second = caller.call('two');
    await bothArrived.promise;
    releases.get('two')?.();
    expect(await second).toBe('answer to two');
    releases.get('one')?.();
    expect(await first).toBe('answer to one');
  });

  it('reject with the reason where the other side fails', async () => {
    const caller = connect(() => {
      throw new Error('it cannot');
    });
    await expect(caller.call('one')).rejects.toThrow('it cannot');
  });

  it('are aborted on both sides', async () => {
    const arrived = Promise.withResolvers<AbortSignal>();
    const caller = connect((_request, signal) => {
      arrived.resolve(signal);
      return new Promise(() => undefined);
    });
    const controller = new AbortController();
    const call = caller.call('one', controller.signal);
    const signal = await arrived.promise;
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    controller.abort(new Error('no longer needed'));
    await expect(call).rejects.toThrow('no longer needed');
    await aborted;
  });

  it('are rejected where the other side ends, then and later, and aborted there', async () => {
    const arrived = Promise.withResolvers<AbortSignal>();
    const caller = connect((_request, signal) => {
      arrived.resolve(signal);
      return new Promise(() => undefined);
    });
    const call = caller.call('one');
    const signal = await arrived.promise;
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    caller.close();
    await expect(call).rejects.toThrow('the other thread has ended');
    await aborted;
    await expect(caller.call('two')).rejects.toThrow('the other thread has ended');
  });
});
