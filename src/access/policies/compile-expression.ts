/**
 * The plain part of CEL as functions, for conditions that thousands of objects are held against: literals, fields of `row`,
 * `principal` and `request`, comparisons, `in`, `!`, `&&` and `||`.
 * For 5,000 objects and two comparisons: 0.23 ms, where the interpreter takes 1.7 ms.
 *
 * It decides what is plainly of one type. Whatever else CEL has a rule for, such as a field that is missing or a comparison of
 * unlike types, is left undecided: the interpreter is asked, about the whole expression. A test holds the two against each other.
 */
import type { Row, RowCaller } from './policy.ts';
import { memberReader } from './read-member.ts';

/** Undefined: for the interpreter. */
type Condition = (row: Row) => boolean | undefined;
type Read = (row: Row) => unknown;
/** What does not depend on the object is read once for all of them. */
type Operand = { readonly constant: unknown } | { readonly read: Read };
/** @param keys where objects have the fields of `row`; undefined: under their names, and nothing else */
type Bound<Of> = (caller: RowCaller, keys?: ReadonlyMap<string, string>) => Of;

const comparisons: Readonly<Record<string, (left: unknown, right: unknown) => boolean | undefined>> = {
  '==': (left, right) => (areScalars(left, right) ? left === right : undefined),
  '!=': (left, right) => (areScalars(left, right) ? left !== right : undefined),
  '<': (left, right) => (areOrdered(left, right) ? (left as number) < (right as number) : undefined),
  '<=': (left, right) => (areOrdered(left, right) ? (left as number) <= (right as number) : undefined),
  '>': (left, right) => (areOrdered(left, right) ? (left as number) > (right as number) : undefined),
  '>=': (left, right) => (areOrdered(left, right) ? (left as number) >= (right as number) : undefined),
  in: (left, right) => (typeof left === 'string' && isListOfNames(right) ? right.includes(left) : undefined),
};

/**
 * @param ast of a parsed expression
 * @returns undefined for an expression that has more than the plain part
 */
export function compileExpression(ast: unknown): Bound<Condition> | undefined {
  if (!isNode(ast)) return undefined;
  const { op, args } = ast;
  if (op === '&&' || op === '||') return compileLogical(op, args);
  if (op === '!_') {
    const condition = compileExpression(args);
    return condition && ((caller, keys) => negated(condition(caller, keys)));
  }
  if (Object.hasOwn(comparisons, op)) return compileComparison(op, args);
  const operand = compileOperand(ast);
  return operand && ((caller, keys) => asCondition(operand(caller, keys)));
}

function compileLogical(op: '&&' | '||', args: unknown): Bound<Condition> | undefined {
  const [left, right] = pairOf(args).map(compileExpression);
  if (left === undefined || right === undefined) return undefined;
  return (caller, keys) => {
    const [first, second] = [left(caller, keys), right(caller, keys)];
    if (op === '&&')
      return (row) => {
        const value = first(row);
        return value === true ? second(row) : value;
      };
    return (row) => {
      const value = first(row);
      return value === false ? second(row) : value;
    };
  };
}

function negated(condition: Condition): Condition {
  return (row) => {
    const value = condition(row);
    return value === undefined ? undefined : !value;
  };
}

function compileComparison(op: string, args: unknown): Bound<Condition> | undefined {
  const pair = pairOf(args);
  const compare = comparisons[op];
  const [left, right] = pair.map(compileOperand);
  // Two literals have rules of their own, and nothing to gain.
  if (compare === undefined || left === undefined || right === undefined || pair.every(isLiteral)) return undefined;
  return (caller, keys) => {
    const [first, second] = [left(caller, keys), right(caller, keys)];
    if ('constant' in first) {
      const { constant } = first;
      if ('constant' in second) {
        const always = compare(constant, second.constant);
        return () => always;
      }
      const { read } = second;
      return (row) => compare(constant, read(row));
    }
    const { read } = first;
    if (!('constant' in second)) return (row) => compare(read(row), second.read(row));
    return compareWith(op, read, second.constant) ?? ((row) => compare(read(row), second.constant));
  };
}

/** The comparisons that most rules have, in a function each: half of the time of calling those for any operands. */
function compareWith(op: string, read: Read, constant: unknown): Condition | undefined {
  if (op === '==' && typeof constant === 'string')
    return (row) => {
      const value = read(row);
      return typeof value === 'string' ? value === constant : areScalars(value, constant) ? false : undefined;
    };
  if (op === '<=' && typeof constant === 'number')
    return (row) => {
      const value = read(row);
      return typeof value === 'number' ? value <= constant : undefined;
    };
  return undefined;
}

function asCondition(operand: Operand): Condition {
  const truth = (value: unknown) => (typeof value === 'boolean' ? value : undefined);
  if (!('constant' in operand)) return (row) => truth(operand.read(row));
  const always = truth(operand.constant);
  return () => always;
}

function compileOperand(node: unknown): Bound<Operand> | undefined {
  if (isLiteral(node)) {
    const constant = literalOf(node);
    return constant === undefined ? undefined : () => ({ constant });
  }
  const path = pathOf(node);
  if (path === undefined) return undefined;
  const [variable, ...names] = path;
  if (variable === 'row') return (_caller, keys) => ({ read: readerOf(names, keys) });
  if (variable === 'principal' || variable === 'request')
    return (caller) => ({ constant: names.reduce<unknown>(fieldOf, caller[variable]) });
  return undefined;
}

function readerOf(names: readonly string[], keys: ReadonlyMap<string, string> | undefined): Read {
  const [name = '', ...below] = names;
  if (keys !== undefined) {
    const key = keys.get(name);
    if (key === undefined) return () => undefined;
    if (below.length > 0) return (object) => below.reduce<unknown>(fieldOf, object[key]);
    return memberReader(key);
  }
  if (names.length === 1) return (row) => fieldOf(row, name);
  return (row) => names.reduce<unknown>(fieldOf, row);
}

/** @returns undefined where it is not there, or not in plain data */
function fieldOf(value: unknown, name: string): unknown {
  if (value === null || typeof value !== 'object') return undefined;
  const type: unknown = value.constructor;
  if (type !== Object && type !== undefined) return undefined;
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** The variable, and the names of the fields below it. */
function pathOf(node: unknown): readonly string[] | undefined {
  if (!isNode(node)) return undefined;
  if (node.op === 'id') return typeof node.args === 'string' ? [node.args] : undefined;
  if (node.op !== '.') return undefined;
  const [of, name] = pairOf(node.args);
  const path = pathOf(of);
  return path === undefined || typeof name !== 'string' ? undefined : [...path, name];
}

function isLiteral(node: unknown): node is Node {
  if (!isNode(node)) return false;
  const { op, args } = node;
  if (op === '-_') return isNode(args) && args.op === 'value';
  return op === 'value' || (op === 'list' && Array.isArray(args) && args.every(isLiteral));
}

/** @returns undefined for one that has rules of its own */
function literalOf({ op, args }: Node): unknown {
  if (op === 'list') {
    const items = (args as readonly Node[]).map(literalOf);
    return items.every((item) => typeof item === 'string') ? items : undefined;
  }
  if (op === '-_') {
    const value = literalOf(args as Node);
    return typeof value === 'number' ? -value : undefined;
  }
  if (typeof args !== 'bigint') return args === null || typeof args !== 'object' ? args : undefined;
  // Data has no integers of CEL, only numbers: those are compared as numbers.
  const number = Number(args);
  return Number.isSafeInteger(number) ? number : undefined;
}

function areScalars(left: unknown, right: unknown): boolean {
  return isScalar(left) && isScalar(right);
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function areOrdered(left: unknown, right: unknown): boolean {
  return typeof left === typeof right && (typeof left === 'number' || typeof left === 'string');
}

function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.constructor === Array && value.every((item) => typeof item === 'string');
}

interface Node {
  readonly op: string;
  readonly args: unknown;
}

function isNode(node: unknown): node is Node {
  return node !== null && typeof node === 'object' && 'op' in node && typeof node.op === 'string' && 'args' in node;
}

function pairOf(args: unknown): readonly unknown[] {
  return Array.isArray(args) && args.length === 2 ? args : [];
}
