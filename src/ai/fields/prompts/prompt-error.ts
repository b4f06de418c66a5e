/** An error in a prompt folder, with a message for its owner. */
export class PromptError extends Error {
  override readonly name = 'PromptError';
  /** Counted from 1. */
  readonly line: number | undefined;
  /** The file of the line, if it is not the prompt itself: a partial or `labels.yaml`. */
  readonly file: string | undefined;
  /** How to fix the error, if it is not obvious. */
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
