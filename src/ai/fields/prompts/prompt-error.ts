/** Something wrong in a folder of prompts, in words for its owner. */
export class PromptError extends Error {
  override readonly name = 'PromptError';
  /** Counted from 1. */
  readonly line: number | undefined;
  /** The file the line is of, where it is not the prompt's own: a partial, `labels.yaml`. */
  readonly file: string | undefined;
  /** What to do about it, where that is not plain. */
  readonly suggestedFix: string | undefined;

  constructor(
    message: string,
    line: number | undefined,
    more: { readonly file?: string | undefined; readonly suggestedFix?: string | undefined } = {},
  ) {
    super(message);
    this.line = line;
    this.file = more.file;
    this.suggestedFix = more.suggestedFix;
  }
}
