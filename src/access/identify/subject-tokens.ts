/**
 * The tokens that identified their callers, for whoever exchanges them. They are no part of the principal: what logs, hooks or
 * policies see of a caller has no token in it.
 */
import { stableHash } from '../../lib/index.ts';
import type { Principal } from '../principal.ts';

export interface SubjectToken {
  readonly token: string;
  /** What caches know it by. */
  readonly hash: string;
}

const tokens = new WeakMap<Principal, SubjectToken>();

export function noteSubjectToken(principal: Principal, token: string): void {
  tokens.set(principal, { token, hash: stableHash(token) });
}

/** @returns undefined for a caller that no token has identified */
export function subjectTokenOf(principal: Principal): SubjectToken | undefined {
  return tokens.get(principal);
}
