import { parseExactJson } from '../lib/index.ts';
import { LongText } from './long-text.ts';

const head = '{"data":';

/**
 * Data that is already JSON, as the bytes or the text of a whole answer without errors: `{"data":…}`. It is sent as it is
 * where the answer has nothing else; `JSON.stringify` gives the same value. Long data is made when it is read.
 */
export class JsonText {
  #whole: Buffer | string | LongText;

  constructor(whole: Buffer | string | LongText) {
    this.#whole = whole;
  }

  /** The beginning of an answer. */
  static readonly head = head;

  /** Bytes are in a buffer of lib's `sharedBuffers`: whoever has them last may release it. */
  get whole(): Buffer | string {
    if (this.#whole instanceof LongText) this.#whole = this.#whole.whole();
    return this.#whole;
  }

  /** Where it is long, and nobody has read it as a whole. */
  get long(): LongText | undefined {
    return this.#whole instanceof LongText ? this.#whole : undefined;
  }

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
