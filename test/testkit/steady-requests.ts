/** Requests at a steady rate, whether or not earlier ones have been answered. */

export interface SteadyRequestsOptions {
  readonly perSecond: number;
  /** Sends one. */
  readonly send: () => Promise<unknown>;
  /** They end with it. */
  readonly during: Promise<unknown>;
}

/** Where so many have no answer, no more are sent until one has. */
const mostWaiting = 500;
const tickMs = 5;

/**
 * @returns how many were sent, and for how many seconds
 * @throws what `send` or `during` rejects with
 */
export async function steadyRequests({
  perSecond,
  send,
  during,
}: SteadyRequestsOptions): Promise<{ readonly sent: number; readonly seconds: number }> {
  const beganAt = performance.now();
  const elapsed = () => (performance.now() - beganAt) / 1_000;
  const waiting = new Set<Promise<unknown>>();
  const failed = Promise.withResolvers<never>();
  let sent = 0;
  const timer = setInterval(() => {
    for (const due = elapsed() * perSecond; sent < due && waiting.size < mostWaiting; sent++) {
      const request = send();
      waiting.add(request);
      request.then(() => waiting.delete(request), failed.reject);
    }
  }, tickMs);
  try {
    await Promise.race([during, failed.promise]);
    const seconds = elapsed();
    clearInterval(timer);
    await Promise.all(waiting);
    return { sent, seconds };
  } finally {
    clearInterval(timer);
  }
}
