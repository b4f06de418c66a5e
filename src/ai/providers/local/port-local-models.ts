/** The built-in models of another thread: loaded once, for all threads that serve. */
import type { MessagePort } from 'node:worker_threads';
import { messageOf } from '../../../errors/index.ts';
import { Deadline } from '../../../lib/index.ts';
import { answerPortCalls, createPortCaller } from '../../../threads/index.ts';
import { type FailureKind, ProviderFailure, withinBounds } from '../../model-call/index.ts';
import type { LocalJob, LocalResult } from './local-job.ts';
import type { LocalModels } from './local-models.ts';

interface ModelCall {
  readonly work: LocalJob;
  readonly remainingMs: number;
}

type ModelAnswer = LocalResult | { readonly kind: 'refused'; readonly failure: FailureKind; readonly detail: string };

export function createPortLocalModels(port: MessagePort): LocalModels {
  const caller = createPortCaller<ModelCall, ModelAnswer>(port);
  return {
    async run(work, bounds) {
      const { deadline, signal } = bounds;
      const answer = await withinBounds(bounds, async () => {
        try {
          return await caller.call({ work, remainingMs: deadline.remainingMs }, signal);
        } catch (error) {
          signal.throwIfAborted();
          throw new ProviderFailure({ kind: 'connection', detail: messageOf(error), cause: error });
        }
      });
      if (answer.kind === 'refused') throw new ProviderFailure({ kind: answer.failure, detail: answer.detail });
      return answer;
    },
    async close() {
      caller.close();
    },
  };
}

export function serveLocalModels(models: LocalModels, port: MessagePort): void {
  answerPortCalls<ModelCall, ModelAnswer>(port, async ({ work, remainingMs }, signal) => {
    try {
      return await models.run(work, { signal, deadline: Deadline.in(remainingMs) });
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error;
      return { kind: 'refused', failure: error.kind, detail: error.detail };
    }
  });
}
