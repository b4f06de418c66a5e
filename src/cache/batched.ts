/** What is added in one turn of the event loop is sent together. */
export class Batched<Item> {
  readonly #send: (items: readonly Item[]) => void;
  #items: Item[] = [];

  constructor(send: (items: readonly Item[]) => void) {
    this.#send = send;
  }

  add(item: Item): void {
    this.#items.push(item);
    if (this.#items.length > 1) return;
    queueMicrotask(() => {
      const items = this.#items;
      this.#items = [];
      this.#send(items);
    });
  }
}
