/**
 * Finds the call that an identical query is already waiting for.
 *
 * The key is everything that can change the answer: who asks (the principal with its rights), the headers that are forwarded,
 * and the body with query and variables; subgraph and generation are the client instance that owns this. Lengths are
 * written before what a caller chooses, so that no two different requests can spell one key. The request id is not
 * part of it: the subgraph sees that of the caller who came first.
 */
import { principalKey } from '../access/principal.ts';
import type { RequestContext } from './request-context.ts';

export function keyOf(
  { principal, cacheDemands }: RequestContext,
  forwarded: readonly string[] | undefined,
  body: string,
): string {
  // Who has written is not answered by what was asked before. Of fixed length, both.
  const who = `${principalKey(principal)}${cacheDemands?.writeId ?? ''}`;
  if (forwarded === undefined || forwarded.length === 0) return `${who}\n${body}`;
  // A header's name and value never have a line break in them, and a JSON body never begins with a digit.
  return `${who}${forwarded.length}\n${forwarded.join('\n')}\n${body}`;
}
