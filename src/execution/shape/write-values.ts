/**
 * Writes objects and lists as JSON text. A null in a non-null place becomes the null of the nearest nullable place above
 * it (GraphQL, section 6.4.4): the text written since that place began is rolled back.
 *
 * A function that writes a value returns whether it wrote one; where not, it wrote nothing and the value is null.
 */
import { errorTable } from '../../errors/index.ts';
import { type DataObject, isDataObject } from '../data/data.ts';
import type { AnswerWriter, Refusal, Violation } from './answer-writer.ts';
import type { FieldShape, ObjectShape, WriteValue } from './object-shape.ts';
import { droppedText, type FieldGroup, plainText } from './plain-fields.ts';

/** The key of a {@link refusedObject}'s only field: a violation there is the object's own. */
const itself = '';

/** The only field of an object that is null although a subgraph returned it. */
function refusedObject(refusal: Refusal): FieldShape {
  return {
    responseKey: itself,
    dataKey: itself,
    prefix: '',
    nonNull: true,
    inner: undefined,
    plain: undefined,
    write: refusing(refusal),
  };
}

/** The condition of a `@skip` or `@include` in the object is null. */
export const failedObject = refusedObject({
  code: 'BAD_USER_INPUT',
  message: 'Argument "if" of non-null type "Boolean!" must not be null.',
});

export const unauthorised: Refusal = {
  code: 'UNAUTHORIZED_FIELD_OR_TYPE',
  message: errorTable.UNAUTHORIZED_FIELD_OR_TYPE.client,
};

/** The caller may not read objects of this type. */
export const deniedObject = refusedObject(unauthorised);

/** The caller may not read this field. */
export const denyField = refusing(unauthorised);

/** The caller has read this field too often. */
export const limitField = refusing({ code: 'RATE_LIMITED', message: errorTable.RATE_LIMITED.client });

export function refusing(refusal: Refusal): WriteValue {
  return (_value, out) => {
    out.violate(refusal);
    return false;
  };
}

export function writeObjectValue(shape: ObjectShape, value: unknown, out: AnswerWriter): boolean {
  if (value === null || value === undefined) return false;
  if (!isDataObject(value)) return refuse(out);
  if (out.shared.size === 0 || !out.shared.has(value)) return writeObject(shape, value, out);
  const cached = out.cachedText(shape, value);
  if (cached === undefined) return out.writeAndCache(shape, value, writeObject);
  out.text += cached;
  return true;
}

/** @returns false where a non-null field is null */
export function writeObject(shape: ObjectShape, value: DataObject, out: AnswerWriter): boolean {
  const { length, text } = out;
  const groups = shape.groups(out.shared.size === 0);
  if (groups === undefined ? writeBraced(shape.fields, value, out) : writeGroups(groups, value, out)) return true;
  out.rollback(length, text);
  return false;
}

function writeBraced(fields: readonly FieldShape[], value: DataObject, out: AnswerWriter): boolean {
  out.text += '{';
  if (!writeFields(fields, value, out)) return false;
  out.text += '}';
  return true;
}

/** @returns false where a non-null field is null */
function writeGroups(groups: readonly FieldGroup[], value: DataObject, out: AnswerWriter): boolean {
  for (const group of groups) {
    const plain = out.isLong ? droppedText(group, value) : plainText(group, value);
    if (plain !== undefined) {
      out.text += plain;
      continue;
    }
    if (group.isFirst) out.text += '{';
    if (!writeFields(group.fields, value, out)) return false;
    if (group.isLast) out.text += '}';
  }
  return true;
}

/** @returns false where a non-null field is null */
function writeFields(fields: readonly FieldShape[], value: DataObject, out: AnswerWriter): boolean {
  const { violations } = out;
  for (const field of fields) {
    const count = violations.length;
    out.text += field.prefix;
    const inner = value[field.dataKey];
    const isWritten = field.write(inner, out);
    if (!isWritten) {
      if (field.nonNull && (inner === null || inner === undefined) && violations.length === count) out.violate();
      out.text += 'null';
    }
    if (violations.length !== count) prepend(violations, count, field.responseKey, field.dataKey);
    if (!isWritten && field.nonNull) return false;
  }
  return true;
}

export function writeList(write: WriteValue, nonNull: boolean, value: unknown, out: AnswerWriter): boolean {
  if (value === null || value === undefined) return false;
  if (!Array.isArray(value)) return refuse(out);
  const { violations, length, text } = out;
  out.text += '[';
  for (let index = 0; index < value.length; index++) {
    const count = violations.length;
    if (index > 0) out.text += ',';
    const item: unknown = value[index];
    const isWritten = write(item, out);
    if (!isWritten) {
      if (nonNull && (item === null || item === undefined) && violations.length === count) out.violate();
      out.text += 'null';
    }
    if (violations.length !== count) prepend(violations, count, index, index);
    if (!isWritten && nonNull) {
      out.rollback(length, text);
      return false;
    }
    out.flushIfLong();
  }
  out.text += ']';
  return true;
}

function prepend(
  violations: readonly Violation[],
  from: number,
  responseStep: string | number,
  dataStep: string | number,
): void {
  if (responseStep === itself) return;
  for (let index = from; index < violations.length; index++) {
    violations[index]?.responsePath.unshift(responseStep);
    violations[index]?.dataPath.unshift(dataStep);
  }
}

/** The value does not fit its type: it becomes null with an error, like a field that failed. */
export function refuse(out: AnswerWriter): false {
  out.violate();
  return false;
}
