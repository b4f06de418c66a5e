/** The compiled form of a selection: for each object type its fields, each with the function that writes its value. */
import type { AnswerWriter } from './answer-writer.ts';

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
}

/** The shapes of a place: one for an object type, one per member of an abstract one. */
export interface ObjectShapes {
  /** @param typeName the object's `__typename` in the data; ignored where the type is not abstract */
  shapeOf(typeName: unknown): ObjectShape | undefined;
  /** The shapes of all types the place may have. */
  all(): Iterable<ObjectShape>;
}

export interface ObjectShape {
  readonly fields: readonly FieldShape[];
}

/** How values of a type are written. */
export interface TypeShape {
  readonly write: WriteValue;
  readonly inner: ObjectShapes | undefined;
}
