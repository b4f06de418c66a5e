/** The input and the result of a guard. */
import type { CallBounds } from '../model-call/index.ts';
import type { Finding } from './finding.ts';
import type { Placeholders } from './pii/placeholders.ts';

/** The bounds of a check, and who pays for it: only a moderation model waits and costs. */
export type GuardBounds = Pick<CallBounds, 'signal' | 'deadline' | 'account'>;

/** One text of a call, with its role. */
export interface GuardedText {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly text: string;
  /** The item that it belongs to. @default the texts that all items share */
  readonly scope?: string;
}

export interface Blocked {
  readonly kind: 'blocked';
  readonly findings: readonly Finding[];
}

export type InputVerdict =
  | {
      readonly kind: 'pass';
      /** The same array if nothing was masked. */
      readonly texts: readonly GuardedText[];
      /** To be passed to the check of the answer. */
      readonly placeholders: Placeholders;
      readonly findings: readonly Finding[];
    }
  | Blocked;

export type OutputVerdict =
  | { readonly kind: 'pass'; readonly text: string; readonly findings: readonly Finding[] }
  | Blocked;

export interface OutputOptions {
  /** The form of the answer: in `json` originals are escaped for JSON strings. @default 'text' */
  readonly form?: 'text' | 'json';
}

/** The check of one answer in deltas. After `Blocked` it only returns `Blocked`. */
export interface GuardedStream {
  /** The checked text; often empty, because a word is buffered until it ends. */
  push(delta: string): string | Blocked;
  /** The buffered text, and the checks of the complete answer: required patterns. */
  end(): string | Blocked;
  /** The findings so far. */
  readonly findings: readonly Finding[];
  /** The number of buffered characters. */
  readonly held: number;
}
