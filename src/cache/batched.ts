/** What is added by one callback of the event loop, or in one turn of it, is sent together. */
export class Batched<Item> {
  readonly #send: (items: readonly Item[]) => void;
  readonly #atEnd: (send: () => void) => unknown;
  #items: Item[] = [];

  /** @param atEnd calls at the end of the turn. @default at that of the callback */
  constructor(send: (items: readonly Item[]) => void, atEnd: (send: () => void) => unknown = queueMicrotask) {
    this.#send = send;
    this.#atEnd = atEnd;
  }

  add(item: Item): void {
    this.#items.push(item);
    if (this.#items.length > 1) return;
    this.#atEnd(() => {
      const items = this.#items;
      this.#items = [];
      this.#send(items);
    });
  }
}
