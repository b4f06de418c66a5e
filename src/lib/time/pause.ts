import { type Abortable, addAbortListener, removeAbortListener } from './abort.ts';

/** Waits; rejects with the signal's reason when it aborts. Its timer and listener are always removed. */
export function pause(milliseconds: number, signal: Abortable): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      removeAbortListener(signal, onAbort);
      resolve();
    }, milliseconds);
    addAbortListener(signal, onAbort);
  });
}
