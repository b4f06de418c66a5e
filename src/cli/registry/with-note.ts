/** What a change is published with beside its content. */
import type { Command } from 'commander';
import { commitOf } from './commit-of.ts';

export interface NoteOptions {
  readonly message?: string;
  readonly commit?: string;
}

export function withNote(command: Command): Command {
  return command
    .option('--message <text>', 'what is changed and why, for the history')
    .option('--commit <hash>', 'the commit that it comes from; default: that of CI or of Git');
}

/** For the body of a change. */
export function noteOf({ message, commit = commitOf() }: NoteOptions) {
  return { ...(message === undefined ? {} : { message }), ...(commit === undefined ? {} : { commit }) };
}
