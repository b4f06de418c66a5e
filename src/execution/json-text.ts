const head = '{"data":';

/**
 * Data that has already been printed, as the bytes of a whole answer without errors: `{"data":…}`. Sent as it is where
 * there is nothing else to say; anything that prints it as JSON gets the same value.
 */
export class JsonText {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** What an answer's bytes begin with. */
  static readonly head = head;

  /** The data alone. */
  get text(): string {
    return this.bytes.toString('utf8', head.length, this.bytes.length - 1);
  }

  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}
