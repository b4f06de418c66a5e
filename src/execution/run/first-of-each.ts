/**
 * Finds the first object with the same type and key value, so that its representation is written once instead of at each
 * of its places. Objects of one type mostly follow each other: their map is looked up once. A key value is looked up
 * without building a text of type and value, which would have to be hashed (5 % of the engine's time in the benchmark).
 */
import type { CompiledRepresentation } from '../compile/compile-representation.ts';
import type { DataObject } from '../data/data.ts';

interface OfType {
  readonly key: string | undefined;
  readonly firsts: Map<string, DataObject>;
}

export class FirstOfEach {
  readonly #representation: CompiledRepresentation;
  readonly #ofTypes = new Map<unknown, OfType>();
  #typeName: unknown = Symbol('none yet');
  #ofType: OfType = { key: undefined, firsts: new Map() };
  #value: unknown;

  constructor(representation: CompiledRepresentation) {
    this.#representation = representation;
  }

  find(entity: DataObject): DataObject | undefined {
    const { __typename: typeName } = entity;
    if (typeName !== this.#typeName) this.#enter(typeName);
    const { key, firsts } = this.#ofType;
    this.#value = key === undefined ? undefined : entity[key];
    return typeof this.#value === 'string' ? firsts.get(this.#value) : undefined;
  }

  /** Whether the entity of the last `find` can be compared by its key value alone. */
  get hasKey(): boolean {
    return typeof this.#value === 'string';
  }

  /** Adds the first object for the type and value of the last `find`. */
  add(first: DataObject): void {
    if (typeof this.#value === 'string') this.#ofType.firsts.set(this.#value, first);
  }

  #enter(typeName: unknown): void {
    let ofType = this.#ofTypes.get(typeName);
    if (ofType === undefined) {
      ofType = { key: this.#representation.keyOf(typeName), firsts: new Map() };
      this.#ofTypes.set(typeName, ofType);
    }
    this.#typeName = typeName;
    this.#ofType = ofType;
  }
}
