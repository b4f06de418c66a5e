import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { ProviderFailure } from '../../../../../src/ai/model-call/index.ts';
import {
  createLocalProvider,
  createPortLocalModels,
  type LocalModels,
  serveLocalModels,
} from '../../../../../src/ai/providers/local/index.ts';
import { abortSignalOf, Deadline } from '../../../../../src/lib/index.ts';

const bounds = () => ({ signal: new AbortController().signal, deadline: Deadline.in(10_000) });

function connect(models: LocalModels): { readonly remote: LocalModels; readonly end: () => void } {
  const { port1, port2 } = new MessageChannel();
  serveLocalModels(models, port1);
  return { remote: createPortLocalModels(port2), end: () => port1.close() };
}

const vector = new Float32Array(512).fill(0.5);

describe('the built-in models of another thread', () => {
  it('answer two providers from one place', async () => {
    const texts: string[] = [];
    const models: LocalModels = {
      async run(work) {
        if (work.kind === 'embed') texts.push(...work.texts);
        return { kind: 'embedded', vectors: [vector] };
      },
      async close() {},
    };
    const [first, second] = [connect(models), connect(models)];
    for (const { remote } of [first, second]) {
      const provider = createLocalProvider({ name: 'local', models: remote });
      const { vectors } = await provider.embed(
        'use-lite',
        { texts: ['a lamp'] },
        { ...bounds(), key: 0, structured: 'prompt' },
      );
      expect([...(vectors[0] ?? [])]).toEqual([...vector]);
    }
    expect(texts).toEqual(['a lamp', 'a lamp']);
    first.end();
    second.end();
  });

  it('fail with the same kind of failure', async () => {
    const { remote, end } = connect({
      async run() {
        throw new ProviderFailure({ kind: 'overloaded', detail: '1000 calls are waiting already' });
      },
      async close() {},
    });
    await expect(remote.run({ kind: 'embed', texts: ['a'] }, bounds())).rejects.toMatchObject({
      kind: 'overloaded',
      detail: '1000 calls are waiting already',
    });
    end();
    await expect(remote.run({ kind: 'embed', texts: ['a'] }, bounds())).rejects.toMatchObject({ kind: 'connection' });
  });

  it('are told that nobody waits any more', async () => {
    const arrived = Promise.withResolvers<AbortSignal>();
    const { remote, end } = connect({
      run: (_work, { signal }) => {
        arrived.resolve(abortSignalOf(signal));
        return new Promise(() => undefined);
      },
      async close() {},
    });
    const controller = new AbortController();
    const call = remote.run({ kind: 'embed', texts: ['a'] }, { ...bounds(), signal: controller.signal });
    const signal = await arrived.promise;
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    controller.abort(new Error('the client left'));
    await expect(call).rejects.toThrow('the client left');
    await aborted;
    end();
  });
});
