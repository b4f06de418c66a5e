/** Errors that cross threads with what their readers switch on: a structured clone has neither class nor code. */
import { ConfigError, type ConfigProblem } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import { CompositionError, type CompositionProblem } from '../supergraph/index.ts';

export type ErrorMessage =
  | { readonly kind: 'config'; readonly message: string; readonly problems: readonly ConfigProblem[] }
  | { readonly kind: 'composition'; readonly problems: readonly CompositionProblem[] }
  | {
      readonly kind: 'other';
      readonly message: string;
      readonly stack: string | undefined;
      readonly code: string | undefined;
    };

export function toErrorMessage(error: unknown): ErrorMessage {
  if (error instanceof ConfigError) return { kind: 'config', message: error.message, problems: error.problems };
  if (error instanceof CompositionError) return { kind: 'composition', problems: error.problems };
  const { stack, code } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { stack: undefined, code: undefined };
  return { kind: 'other', message: messageOf(error), stack, code };
}

export function fromErrorMessage(message: ErrorMessage): Error {
  switch (message.kind) {
    case 'config':
      return Object.assign(new ConfigError('', message.problems), { message: message.message });
    case 'composition':
      return new CompositionError(message.problems);
    case 'other': {
      const { message: text, stack, code } = message;
      return Object.assign(new Error(text), stack === undefined ? {} : { stack }, code === undefined ? {} : { code });
    }
  }
}
