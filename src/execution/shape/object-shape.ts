/** The compiled form of a selection: for each object type its fields, each with the function that writes its value. */
import type { AnswerWriter } from './answer-writer.ts';
import type { FieldGroup } from './plain-fields.ts';

/** @returns whether a value was written; where not, nothing was written, and the value is null */
export type WriteValue = (value: unknown, out: AnswerWriter) => boolean;

export interface FieldShape {
  readonly responseKey: string;
  readonly dataKey: string;
  readonly prefix: string;
  readonly write: WriteValue;
  readonly nonNull: boolean;
  /** The object shape below it, through lists, for walking paths. */
  readonly inner: ObjectShapes | undefined;
  /** How its plain values are recognised; undefined where it has none. */
  readonly plain: PlainType | undefined;
  /** The value that it has in every object. */
  readonly constant?: string;
  /** What its value consists of; missing where it is written as a whole. */
  readonly parts?: Parts;
}

/** The parts of a value, each of which can be written by itself. */
export type Parts =
  | { readonly kind: 'list'; readonly item: Pick<FieldShape, 'write' | 'parts'> }
  | { readonly kind: 'object'; readonly shapeOf: ObjectShapes['shapeOf'] };

/** Values that are written as they are. */
export type PlainType =
  | {
      readonly kind: 'leaf';
      readonly accepts: (value: unknown) => boolean;
      /** The same as an expression, in which `$` is the value. */
      readonly source: string | undefined;
    }
  | {
      readonly kind: 'object';
      /** @returns undefined where it is not plain */
      readonly take: (value: unknown) => unknown;
    };

/** The shapes of a place: one for an object type, one per member of an abstract one. */
export interface ObjectShapes {
  /** @param typeName the object's `__typename` in the data; ignored where the type is not abstract */
  shapeOf(typeName: unknown): ObjectShape | undefined;
  /** The shapes of all types the place may have. */
  all(): Iterable<ObjectShape>;
}

export interface ObjectShape {
  readonly fields: readonly FieldShape[];
  /**
   * Its fields in groups that are written together; undefined until many objects have been written.
   * @param withObjects whether objects in it may be written together with it
   */
  groups(withObjects: boolean): readonly FieldGroup[] | undefined;
}

/** How values of a type are written. */
export interface TypeShape {
  readonly write: WriteValue;
  readonly inner: ObjectShapes | undefined;
  readonly plain: PlainType | undefined;
  readonly parts?: Parts;
}
