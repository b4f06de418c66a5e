import { type Abortable, addAbortListener, removeAbortListener } from './abort.ts';

/**
 * Waits for work that cannot be aborted itself; a late result is ignored.
 * @throws the signal's reason if it aborts first
 */
export async function untilAborted<T>(work: Promise<T>, signal: Abortable): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  addAbortListener(signal, onAbort);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    removeAbortListener(signal, onAbort);
  }
}
