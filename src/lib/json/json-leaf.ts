/** Values within JSON data that are objects here and write themselves: no code looks for fields in them. */
export abstract class JsonLeaf {
  abstract toJSON(): unknown;
}

/** A text that the client is shown otherwise than whoever else reads the data. Immutable. */
export class RestoredText extends JsonLeaf {
  /** What everyone but the client reads. */
  readonly text: string;
  readonly shown: string;

  constructor(text: string, shown: string) {
    super();
    this.text = text;
    this.shown = shown;
  }

  override toJSON(): string {
    return this.text;
  }

  override toString(): string {
    return this.text;
  }
}
