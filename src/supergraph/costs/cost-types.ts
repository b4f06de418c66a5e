/** What operations are priced by: the weights of `@cost` and the list sizes of `@listSize`. Plain data: composition runs in a process of its own. */

/** The priced fields of a supergraph, inaccessible ones included, since plans fetch them; a leaf that costs nothing has no entry. */
export interface CostTypes {
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, CostedField>>;
  /** The fields of input objects, by the input object's name. */
  readonly inputs: ReadonlyMap<string, ReadonlyMap<string, CostedInput>>;
}

export interface CostedField {
  /** The points of one value: those of `@cost` on the field or its type, else 1 for an object and 0 for a leaf. */
  readonly weight: number;
  /** Whether `@cost` says so: then a null costs the same. */
  readonly isExplicit: boolean;
  /** The number of lists around a value. */
  readonly lists: number;
  /** The object type, interface or union that it returns; undefined for a leaf. */
  readonly returns: string | undefined;
  readonly listSize: ListSize | undefined;
  /** The arguments that may cost something. */
  readonly inputs: ReadonlyMap<string, CostedInput>;
}

/** An argument or a field of an input object. */
export interface CostedInput {
  /** The points of `@cost`; undefined where there is none. */
  readonly weight: number | undefined;
  /** The input object type of its values; undefined for a leaf. */
  readonly type: string | undefined;
}

export interface ListSize {
  readonly assumedSize: number | undefined;
  readonly slicing: readonly SlicingArgument[];
  /** The fields below whose lists have the size, each as the path to it. Empty: the field's own list. */
  readonly sizedFields: readonly (readonly string[])[];
  /** Whether exactly one slicing argument must be set. */
  readonly requiresOne: boolean;
}

export interface SlicingArgument {
  /** An argument, or a field of its input object: `['input', 'first']`. */
  readonly path: readonly string[];
  /** The default of each step of the path; undefined where it has none. */
  readonly defaults: readonly unknown[];
}
