import { messageOf } from '../errors/index.ts';

/** Why there was no answer: `fetch` says so in the cause of a TypeError. */
export function fetchFailure(error: unknown): string {
  return messageOf(error instanceof TypeError ? (error.cause ?? error) : error);
}
