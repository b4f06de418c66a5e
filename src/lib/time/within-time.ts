import { type Abortable, addAbortListener, removeAbortListener } from './abort.ts';

export interface WithinTimeOptions {
  /** The time limit. */
  readonly timeoutMs: number;
  /** Ends the wait when it aborts. */
  readonly signal?: Abortable | undefined;
  /** Describes the work in the error, as in `reading the file`. */
  readonly what: string;
}

/**
 * Waits for work that cannot be aborted itself; a late result is ignored.
 * @throws Error if it takes too long, the signal's reason if that aborts first
 */
export async function withinTime<T>(work: Promise<T>, { timeoutMs, signal, what }: WithinTimeOptions): Promise<T> {
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${timeoutMs} ms`)), timeoutMs);
    onAbort = () => reject(signal?.reason);
    if (signal !== undefined) addAbortListener(signal, onAbort);
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined && signal !== undefined) removeAbortListener(signal, onAbort);
  }
}
