/**
 * Parses the JSON of a model's answer by the requested shape, and reports the values that do not fit.
 *
 * Each invalid value becomes an error at its own path; valid siblings are unaffected. An error in a non-null position
 * propagates to the nearest nullable parent (GraphQL spec section 6.4.4): the executor does that, this reader only
 * determines whether any data remains. Parsing never throws, and copies requested keys only.
 */
import { GatewayError } from '../../../errors/index.ts';
import { unreachable } from '../../../lib/index.ts';
import type { AbstractShape, LeafShape, ListShape, ObjectShape, OutputShape } from './output-shape.ts';
import { maxListLength } from './output-value.ts';

export interface OutputProblem {
  /** The path in the JSON of the answer. */
  readonly path: readonly (string | number)[];
  /** The requirement, as a predicate of the path. It quotes at most 40 characters of the answer. */
  readonly message: string;
}

export type ValueReading =
  | { readonly kind: 'valid'; readonly value: unknown }
  | { readonly kind: 'partial'; readonly value: unknown; readonly problems: readonly OutputProblem[] }
  | { readonly kind: 'invalid'; readonly problems: readonly OutputProblem[]; readonly value?: unknown };

/** Further problems are not reported. */
const maxProblems = 50;

/** @param isWrapped whether the value is the key `value` of a wrapper object */
export function readOutput(shape: OutputShape, isWrapped: boolean, value: unknown): ValueReading {
  const reader = new OutputReader();
  const read = isWrapped ? reader.readWrapped(shape, value) : reader.readTop(shape, value);
  const { problems, isPropagated } = reader;
  if (isPropagated)
    return read instanceof GatewayError ? { kind: 'invalid', problems } : { kind: 'invalid', problems, value: read };
  return problems.length === 0 ? { kind: 'valid', value: read } : { kind: 'partial', value: read, problems };
}

class OutputReader {
  readonly problems: OutputProblem[] = [];
  /** Whether an error in the last value propagates to its parent. */
  isPropagated = false;
  readonly #path: (string | number)[] = [];
  #lastError: GatewayError | undefined;

  readWrapped(shape: OutputShape, value: unknown): unknown {
    if (!isRecord(value)) return this.#fail('must be an object');
    if (!Object.hasOwn(value, 'value')) return this.#fail('must have the key "value"');
    this.#path.push('value');
    if (value.value === null) return shape.isNullable ? null : this.#fail('must not be null');
    return this.#readPresent(shape, value.value);
  }

  /** An object without any requested key is invalid, not an object of nulls. */
  readTop(shape: OutputShape, value: unknown): unknown {
    if (shape.kind === 'object' && shape.fields.length > 0 && isRecord(value)) {
      if (!shape.fields.some(({ name }) => Object.hasOwn(value, name))) {
        return this.#fail(
          `must have the keys ${shape.fields
            .map(({ name }) => name)
            .join(', ')
            .slice(0, 400)}`,
        );
      }
    }
    return this.#readPresent(shape, value);
  }

  #read(shape: OutputShape, value: unknown): unknown {
    if (value === null) return shape.isNullable ? null : this.#fail('must not be null');
    const read = this.#readPresent(shape, value);
    if (this.isPropagated && shape.isNullable) this.isPropagated = false;
    return read;
  }

  #readPresent(shape: OutputShape, value: unknown): unknown {
    switch (shape.kind) {
      case 'leaf':
        return this.#readLeaf(shape, value);
      case 'list':
        return this.#readList(shape, value);
      case 'object':
        return isRecord(value) ? this.#readFields(shape, value, {}) : this.#fail('must be an object');
      case 'abstract':
        return this.#readAbstract(shape, value);
      default:
        return unreachable(shape);
    }
  }

  #readLeaf({ leaf }: LeafShape, value: unknown): unknown {
    const read = leaf.read(value);
    if (read !== undefined) return read;
    const word = leaf.isEnum && typeof value === 'string' ? `, not ${quote(value)}` : '';
    return this.#fail(leaf.expected + word);
  }

  #readList({ item }: ListShape, value: unknown): unknown {
    if (!Array.isArray(value)) return this.#fail('must be a list');
    if (value.length > maxListLength) return this.#fail(`must have at most ${maxListLength} items`);
    const read: unknown[] = new Array(value.length);
    let isPropagated = false;
    for (let index = 0; index < value.length; index++) {
      this.#path.push(index);
      read[index] = this.#read(item, value[index]);
      this.#path.pop();
      if (this.isPropagated) {
        isPropagated = true;
        this.isPropagated = false;
      }
    }
    this.isPropagated = isPropagated;
    return read;
  }

  #readFields(
    { fields }: ObjectShape,
    value: Readonly<Record<string, unknown>>,
    read: Record<string, unknown>,
  ): Record<string, unknown> {
    let isPropagated = false;
    for (const { name, shape } of fields) {
      this.#path.push(name);
      if (Object.hasOwn(value, name)) read[name] = this.#read(shape, value[name]);
      else read[name] = shape.isNullable ? null : this.#fail('is missing');
      this.#path.pop();
      if (this.isPropagated) {
        isPropagated = true;
        this.isPropagated = false;
      }
    }
    this.isPropagated = isPropagated;
    return read;
  }

  #readAbstract({ types }: AbstractShape, value: unknown): unknown {
    if (!isRecord(value)) return this.#fail('must be an object');
    const name = Object.hasOwn(value, '__typename') ? value.__typename : undefined;
    const type = typeof name === 'string' ? types.get(name) : undefined;
    if (type !== undefined) return this.#readFields(type, value, { __typename: type.typeName });
    this.#path.push('__typename');
    const word = typeof name === 'string' ? `, not ${quote(name)}` : '';
    const error = this.#fail(`must be one of ${[...types.keys()].join(', ').slice(0, 400)}${word}`);
    this.#path.pop();
    return error;
  }

  /** @returns the error that replaces the value. Past `maxProblems` one error is reused: stack traces are expensive. */
  #fail(message: string): GatewayError {
    this.isPropagated = true;
    if (this.problems.length >= maxProblems && this.#lastError !== undefined) return this.#lastError;
    const path = [...this.#path];
    this.problems.push({ path, message: path.length === 0 ? `the answer ${message}` : message });
    this.#lastError = new GatewayError('AI_OUTPUT_INVALID', { detail: `${path.join('.')}: ${message}` });
    return this.#lastError;
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length <= 36 ? text : `${text.slice(0, 36)}…`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
