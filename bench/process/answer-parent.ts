/** A child's side of asking: answers its parent's questions over IPC, and ends when the parent is gone. */

/** @param at when, in milliseconds of the machine's clock, comparable between processes */
export interface Answer {
  readonly answerTo: number;
  readonly value?: unknown;
  readonly error?: string;
}

export interface Question {
  readonly id: number;
  readonly ask: string;
  readonly value: unknown;
}

export type Answerers = Readonly<Record<string, (value: never) => unknown>>;

/** Several modules of one process may answer; each answers only what it knows. */
export function answerParent(answerers: Answerers): void {
  if (process.send === undefined) return;
  process.on('message', async (message: Question) => {
    if (typeof message !== 'object' || message === null || !Object.hasOwn(answerers, message.ask)) return;
    const answer = answerers[message.ask] as (value: unknown) => unknown;
    let reply: Answer;
    try {
      reply = { answerTo: message.id, value: await answer(message.value) };
    } catch (error) {
      reply = { answerTo: message.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    process.send?.(reply);
  });
}

/** Milliseconds of the machine's clock, finer than Date.now(). */
export function clockMs(): number {
  return performance.timeOrigin + performance.now();
}
