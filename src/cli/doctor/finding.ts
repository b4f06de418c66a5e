/** What one check of `isthmus doctor` came to. */
import type { ResolvedConfig } from '../../config/index.ts';

export interface Finding {
  /** What was looked at, such as `store`. */
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly message: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** Looks at one thing and changes nothing. What it throws is a problem of its subject. */
export interface Check {
  readonly name: string;
  readonly run: (config: ResolvedConfig) => Promise<readonly Finding[]>;
}

export const ok = (check: string, message: string): Finding => ({ check, state: 'ok', message });
export const warning = (check: string, message: string, fix: string): Finding => ({
  check,
  state: 'warning',
  message,
  fix,
});
export const problem = (check: string, message: string, fix: string): Finding => ({
  check,
  state: 'problem',
  message,
  fix,
});
