/** Compiles a leaf field, or lists of leaves, whose values are shown in another form. */
import { type GraphQLOutputType, isListType, isNonNullType } from 'graphql';
import type { Mask } from '../../access/index.ts';
import { ExactNumber, RestoredText } from '../../lib/index.ts';
import type { TypeShape, WriteValue } from './object-shape.ts';
import { refuse, writeList } from './write-values.ts';

export function compileMasked(type: GraphQLOutputType, mask: Mask): TypeShape & { readonly nonNull: boolean } {
  const nonNull = isNonNullType(type);
  const nullable = nonNull ? type.ofType : type;
  const common = { inner: undefined, plain: undefined, nonNull };
  if (!isListType(nullable)) return { ...common, write: writeMasked(mask) };
  const item = compileMasked(nullable.ofType, mask);
  return {
    ...common,
    parts: { kind: 'list', item },
    write: (value, out) => writeList(item.write, item.nonNull, value, out),
  };
}

function writeMasked(mask: Mask): WriteValue {
  return (value, out) => {
    if (value === null || value === undefined) return false;
    const text = textOf(value);
    if (text === undefined) return refuse(out);
    const form = mask(text);
    if (form === null) return false;
    out.text += JSON.stringify(form);
    return true;
  };
}

function textOf(value: NonNullable<unknown>): string | undefined {
  if (value instanceof RestoredText) return value.shown;
  if (value instanceof ExactNumber) return value.text;
  return typeof value === 'object' ? undefined : String(value);
}
