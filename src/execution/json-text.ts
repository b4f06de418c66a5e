/** Data that is already JSON text. Printed as it is by `printResult`; anything else that prints it gets the same value. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}
