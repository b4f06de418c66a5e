import type { OperationEvent } from './request-event.ts';

/** What is waited for outside, by an operation that somebody looks at, or by one that nobody does. */
export async function waitFor<Value>(operation: OperationEvent | undefined, answer: Promise<Value>): Promise<Value> {
  if (operation === undefined) return answer;
  operation.wait(performance.now());
  try {
    return await answer;
  } finally {
    operation.resume(performance.now());
  }
}
