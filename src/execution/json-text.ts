import { parseExactJson } from '../lib/index.ts';

const head = '{"data":';

/**
 * Data that is already JSON, as the bytes or the text of a whole answer without errors: `{"data":…}`. It is sent as it is
 * where the answer has nothing else; `JSON.stringify` gives the same value.
 */
export class JsonText {
  /** Bytes are in a buffer of lib's `sharedBuffers`: whoever has them last may release it. */
  readonly whole: Buffer | string;

  constructor(whole: Buffer | string) {
    this.whole = whole;
  }

  /** The beginning of an answer. */
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
