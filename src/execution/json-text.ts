import { parseExactJson } from '../lib/index.ts';

const head = '{"data":';

/**
 * Data that has already been printed, as the bytes or the text of a whole answer without errors: `{"data":…}`. Sent as
 * it is where there is nothing else to say; anything that prints it as JSON gets the same value.
 */
export class JsonText {
  readonly whole: Buffer | string;

  constructor(whole: Buffer | string) {
    this.whole = whole;
  }

  /** What an answer begins with. */
  static readonly head = head;

  /** The data alone. */
  get text(): string {
    const { whole } = this;
    return typeof whole === 'string'
      ? whole.slice(head.length, -1)
      : whole.toString('utf8', head.length, whole.length - 1);
  }

  toJSON(): unknown {
    return parseExactJson(this.text);
  }
}
