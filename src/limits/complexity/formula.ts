/**
 * Prices that depend on variables: a number where they do not, else a function of the variables' values. Formulas are made
 * once per plan, constants are folded then, and each request evaluates what is left.
 */

/** The values of a planned operation's variables. */
export interface VariableValues {
  /** @returns the value, which must not be changed; undefined where it is not set */
  read(name: string): unknown;
}

export type Formula = number | ((values: VariableValues) => number);

/** Numbers beyond are not exact, and no JSON. */
const ceiling = Number.MAX_SAFE_INTEGER;

export function evaluate(formula: Formula, values: VariableValues): number {
  return typeof formula === 'number' ? formula : formula(values);
}

export function sum(formulas: readonly Formula[]): Formula {
  return combine(formulas, 0, (a, b) => Math.min(a + b, ceiling));
}

export function largest(formulas: readonly Formula[]): Formula {
  return combine(formulas, 0, Math.max);
}

export function smallest(a: Formula, b: Formula): Formula {
  return a === b ? a : combine([a, b], Number.POSITIVE_INFINITY, Math.min);
}

export function product(a: Formula, b: Formula): Formula {
  if (a === 0 || b === 0) return 0;
  if (a === 1) return b;
  if (b === 1) return a;
  return combine([a, b], 1, (x, y) => Math.min(x * y, ceiling));
}

/** A field never makes its operation cheaper, whatever its negative weights. */
export function atLeastZero(formula: Formula): Formula {
  return typeof formula === 'number' ? Math.max(0, formula) : (values) => Math.max(0, formula(values));
}

function combine(formulas: readonly Formula[], neutral: number, operate: (a: number, b: number) => number): Formula {
  let constant = neutral;
  const variable: ((values: VariableValues) => number)[] = [];
  for (const formula of formulas) {
    if (typeof formula === 'number') constant = operate(constant, formula);
    else variable.push(formula);
  }
  if (variable.length === 0) return constant;
  const [only] = variable;
  if (variable.length === 1 && only !== undefined) {
    return constant === neutral ? only : (values) => operate(constant, only(values));
  }
  return (values) => {
    let result = constant;
    for (const formula of variable) result = operate(result, formula(values));
    return result;
  };
}
