/** What a guard is given and what it answers. */
import type { Deadline } from '../../lib/index.ts';
import type { Finding } from './finding.ts';
import type { Placeholders } from './pii/placeholders.ts';

/** What bounds a check: only a moderation model ever waits. */
export interface GuardBounds {
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
}

/** One text of a call, with whose it is. */
export interface GuardedText {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly text: string;
  /** Which of the call's separate items it belongs to. @default what all of them share */
  readonly scope?: string;
}

export interface Blocked {
  readonly kind: 'blocked';
  readonly findings: readonly Finding[];
}

export type InputVerdict =
  | {
      readonly kind: 'pass';
      /** The same array where nothing was changed. */
      readonly texts: readonly GuardedText[];
      /** To be handed to the check of the answer. */
      readonly placeholders: Placeholders;
      readonly findings: readonly Finding[];
    }
  | Blocked;

export type OutputVerdict =
  | { readonly kind: 'pass'; readonly text: string; readonly findings: readonly Finding[] }
  | Blocked;

export interface OutputOptions {
  /** What the answer is written in: in `json` originals come back escaped as JSON strings. @default 'text' */
  readonly form?: 'text' | 'json';
}

/** One answer as it comes. After `Blocked` it gives nothing but `Blocked`. */
export interface GuardedStream {
  /** The text that may leave; often empty, because a word is held until it has ended. */
  push(delta: string): string | Blocked;
  /** What was held, and what only a whole answer can tell: required patterns. */
  end(): string | Blocked;
  /** What was found so far. */
  readonly findings: readonly Finding[];
  /** How many characters are held back. */
  readonly held: number;
}
