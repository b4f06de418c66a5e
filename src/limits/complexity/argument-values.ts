/** The values of arguments in a planned operation: literals, variables, and objects and lists that hold variables. */
import { Kind, type ValueNode } from 'graphql';
import type { VariableValues } from './formula.ts';

export function hasVariable(node: ValueNode): boolean {
  switch (node.kind) {
    case Kind.VARIABLE:
      return true;
    case Kind.LIST:
      return node.values.some(hasVariable);
    case Kind.OBJECT:
      return node.fields.some(({ value }) => hasVariable(value));
    default:
      return false;
  }
}

/** @returns undefined for a variable that is not set */
export function argumentValue(node: ValueNode, values: VariableValues): unknown {
  switch (node.kind) {
    case Kind.VARIABLE:
      return values.read(node.name.value);
    case Kind.NULL:
      return null;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.LIST:
      return node.values.map((item) => argumentValue(item, values));
    case Kind.OBJECT:
      return new Map(node.fields.map(({ name, value }) => [name.value, argumentValue(value, values)]));
    default:
      return node.value;
  }
}

/** A field of an input object, as an object of the client's or as `argumentValue` makes one. */
export function fieldOf(object: unknown, name: string): unknown {
  if (object instanceof Map) return object.get(name);
  return object !== null && typeof object === 'object' && Object.hasOwn(object, name)
    ? (object as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

export function entriesOf(object: object): Iterable<readonly [string, unknown]> {
  return object instanceof Map ? (object as ReadonlyMap<string, unknown>) : Object.entries(object);
}
