export interface WithinTimeOptions {
  /** How long the work may take. */
  readonly timeoutMs: number;
  /** Nobody waits any more once it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** What the work is, as in `reading the file`. */
  readonly what: string;
}

/**
 * Waits for work that cannot be aborted itself: what it comes to later is dropped.
 * @throws Error where it takes too long, the signal's reason where that aborts first
 */
export async function withinTime<T>(work: Promise<T>, { timeoutMs, signal, what }: WithinTimeOptions): Promise<T> {
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${timeoutMs} ms`)), timeoutMs);
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}
