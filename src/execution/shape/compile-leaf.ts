/** Compiles scalars and enums into functions that coerce a result (GraphQL, section 3.5) and write it as JSON text. */
import { type GraphQLLeafType, isEnumType } from 'graphql';
import { ExactNumber, JsonLeaf, RestoredText } from '../../lib/index.ts';
import { isWithinDepth } from '../../transport/index.ts';
import type { PlainType, TypeShape, WriteValue } from './object-shape.ts';
import { refuse } from './write-values.ts';

export function compileLeaf(type: GraphQLLeafType): TypeShape {
  return { write: compileWrite(type), inner: undefined, plain: plainLeaf(type) };
}

function plainLeaf(type: GraphQLLeafType): PlainType {
  if (isEnumType(type)) {
    const names = new Set<unknown>(type.getValues().map(({ name }) => name));
    return { kind: 'leaf', accepts: (value) => names.has(value), source: undefined };
  }
  return plainScalars[type.name] ?? text;
}

/** Custom scalars too: those of an API schema serialise to themselves. */
const text: PlainType = {
  kind: 'leaf',
  accepts: (value) => typeof value === 'string',
  source: "typeof $==='string'",
};

const plainScalars: Readonly<Record<string, PlainType>> = {
  Boolean: { kind: 'leaf', accepts: (value) => typeof value === 'boolean', source: "typeof $==='boolean'" },
  Int: {
    kind: 'leaf',
    accepts: (value) => typeof value === 'number' && (value | 0) === value,
    source: "typeof $==='number'&&($|0)===$",
  },
  // JSON.stringify drops the sign of -0.
  Float: {
    kind: 'leaf',
    accepts: (value) => typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0),
    source: "typeof $==='number'&&$-$===0&&($!==0||1/$>0)",
  },
};

function compileWrite(type: GraphQLLeafType): WriteValue {
  if (isEnumType(type)) {
    const texts = new Map(type.getValues().map(({ name }) => [name as unknown, JSON.stringify(name)]));
    return (value, out) => {
      if (value === null || value === undefined) return false;
      const text = texts.get(value);
      if (text === undefined) return refuse(out);
      out.text += text;
      return true;
    };
  }
  const coerce: WriteValue = (value, out) => {
    if (value === null || value === undefined) return false;
    if (typeof value === 'object' && !isWithinDepth(value)) return refuse(out);
    let text: string | undefined;
    try {
      text = value instanceof JsonLeaf ? leafText(type, value) : JSON.stringify(type.serialize(value));
    } catch {
      return refuse(out);
    }
    if (text === undefined || text === 'null') return refuse(out);
    out.text += text;
    return true;
  };
  switch (type.name) {
    case 'String':
    case 'ID':
      return (value, out) => {
        if (typeof value !== 'string') return coerce(value, out);
        out.text += JSON.stringify(value);
        return true;
      };
    case 'Boolean':
      return (value, out) => {
        if (typeof value !== 'boolean') return coerce(value, out);
        out.text += value ? 'true' : 'false';
        return true;
      };
    case 'Int':
      return (value, out) => {
        if (typeof value !== 'number' || (value | 0) !== value) return coerce(value, out);
        out.text += value;
        return true;
      };
    case 'Float':
      return (value, out) => {
        if (typeof value !== 'number' || !Number.isFinite(value)) return coerce(value, out);
        out.text += Object.is(value, -0) ? '-0' : value;
        return true;
      };
    default:
      return (value, out) => {
        if (!Object.is(value, -0)) return coerce(value, out);
        out.text += '-0'; // JSON.stringify drops the sign
        return true;
      };
  }
}

function leafText(type: GraphQLLeafType, leaf: JsonLeaf): string {
  return leaf instanceof ExactNumber
    ? exactText(type, leaf)
    : JSON.stringify(type.serialize(leaf instanceof RestoredText ? leaf.shown : leaf));
}

/** Writes a number that no JavaScript number equals as its type does, with all its digits. */
function exactText(type: GraphQLLeafType, exact: ExactNumber): string {
  const { text } = exact;
  const number = Number(text);
  switch (type.name) {
    case 'Float':
      type.serialize(number); // throws where it is beyond a Float's bounds
      return text;
    case 'String':
      return `"${text}"`;
    case 'ID':
      return /^-?\d+$/.test(text) ? `"${text}"` : JSON.stringify(type.serialize(number));
    case 'Int':
    case 'Boolean':
      return JSON.stringify(type.serialize(number));
    default:
      return JSON.stringify(type.serialize(exact));
  }
}
