/**
 * Calls to another thread over a `MessagePort`: each has one answer, a notice has none. A call that is aborted is aborted on
 * the other side too; a call whose port closes, because one of the threads ended, is rejected, or aborted on the side that
 * answers.
 *
 * A port holds no thread open. Errors cross as their message: what an answer may be, failures included, is its protocol's.
 */

import type { MessagePort } from 'node:worker_threads';
import { messageOf } from '../errors/index.ts';
import { type Abortable, Aborter, addAbortListener, removeAbortListener } from '../lib/index.ts';

type CallMessage<Request, Notice> =
  | { readonly kind: 'call'; readonly id: number; readonly request: Request }
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'notice'; readonly notice: Notice };

type AnswerMessage<Answer> =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string };

export interface PortCaller<Request, Answer, Notice = never> {
  /** @throws Error where the other side failed or has ended; the signal's reason */
  call(request: Request, signal?: Abortable): Promise<Answer>;
  /** Without an answer: whether it arrived is not known. */
  send(notice: Notice): void;
  close(): void;
}

export function createPortCaller<Request, Answer, Notice = never>(
  port: MessagePort,
): PortCaller<Request, Answer, Notice> {
  const waiting = new Map<number, PromiseWithResolvers<Answer>>();
  let lastId = 0;
  let isClosed = false;
  port.on('message', (message: AnswerMessage<Answer>) => {
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === 'answer') call?.resolve(message.answer);
    else call?.reject(new Error(message.reason));
  });
  port.on('close', () => {
    isClosed = true;
    for (const { reject } of waiting.values()) reject(new Error('the other thread has ended'));
    waiting.clear();
  });
  port.unref();
  return {
    async call(request, signal) {
      signal?.throwIfAborted();
      if (isClosed) throw new Error('the other thread has ended');
      const id = ++lastId;
      const call = Promise.withResolvers<Answer>();
      waiting.set(id, call);
      const abort = (): void => {
        if (!waiting.delete(id)) return;
        port.postMessage({ kind: 'abort', id } satisfies CallMessage<Request, Notice>);
        call.reject(signal?.reason);
      };
      if (signal !== undefined) addAbortListener(signal, abort);
      try {
        port.postMessage({ kind: 'call', id, request } satisfies CallMessage<Request, Notice>);
        return await call.promise;
      } finally {
        waiting.delete(id);
        if (signal !== undefined) removeAbortListener(signal, abort);
      }
    },
    send(notice) {
      if (!isClosed) port.postMessage({ kind: 'notice', notice } satisfies CallMessage<Request, Notice>);
    },
    close: () => port.close(),
  };
}

/** Answers the calls of the port's other side. The signal aborts where nobody waits for the answer any more. */
export function answerPortCalls<Request, Answer, Notice = never>(
  port: MessagePort,
  answer: (request: Request, signal: Abortable) => Answer | Promise<Answer>,
  receive?: (notice: Notice) => void,
): void {
  const running = new Map<number, Aborter>();
  const run = async (id: number, request: Request): Promise<void> => {
    const controller = new Aborter();
    running.set(id, controller);
    let message: AnswerMessage<Answer>;
    try {
      message = { kind: 'answer', id, answer: await answer(request, controller) };
    } catch (error) {
      message = { kind: 'failed', id, reason: messageOf(error) };
    }
    if (running.delete(id)) port.postMessage(message);
  };
  port.on('message', (message: CallMessage<Request, Notice>) => {
    if (message.kind === 'call') void run(message.id, message.request);
    else if (message.kind === 'notice') receive?.(message.notice);
    else {
      running.get(message.id)?.abort(new Error('the call was aborted'));
      running.delete(message.id);
    }
  });
  port.on('close', () => {
    for (const controller of running.values()) controller.abort(new Error('the other thread has ended'));
    running.clear();
  });
  port.unref();
}
