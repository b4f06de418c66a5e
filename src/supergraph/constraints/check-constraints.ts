/**
 * Refuses a `@constraint` that could not be enforced as it is written, or that no value can satisfy: wrong for the type, with a
 * pattern that does not compile, with bounds that cross, also between subgraphs, or broken by the default beside it.
 */
import { type ConstValueNode, type DocumentNode, Kind, type TypeNode, valueFromASTUntyped } from 'graphql';
import { namedType } from '../../documents/index.ts';
import { compileLinearPattern, didYouMean } from '../../lib/index.ts';
import { compileConstraint } from './compile-constraint.ts';
import { type Constraint, type Constraints, impossibleBounds } from './constraint.ts';
import { formats } from './formats.ts';
import type { Declaration } from './read-constraints.ts';

export interface ConstraintProblem {
  readonly code: 'CONSTRAINT_INVALID';
  readonly message: string;
  readonly suggestedFix: string;
  readonly subgraph: string;
  readonly line: number | undefined;
}

const numbers = ['min', 'max'] as const;
const lengths = ['minLength', 'maxLength'] as const;
const counts = ['minItems', 'maxItems'] as const;

/** @param constraints those of all subgraphs together */
export function checkConstraints(
  declarations: readonly Declaration[],
  constraints: Constraints,
  supergraph: DocumentNode,
): readonly ConstraintProblem[] {
  const kinds = new Map(
    supergraph.definitions.flatMap((definition) =>
      'name' in definition && definition.name !== undefined ? [[definition.name.value, definition.kind] as const] : [],
    ),
  );
  return declarations.flatMap((declaration) => {
    const { coordinate, constraint, subgraph, input, directive } = declaration;
    const whole = constraints.get(coordinate) ?? constraint;
    const wrong = [
      ...checkType(constraint, input.type, kinds.get(namedType(input.type))),
      ...checkRules(constraint),
      ...checkBounds(constraint, whole, others(declaration)),
      ...(input.defaultValue === undefined ? [] : checkDefault(whole, input.defaultValue)),
    ];
    return wrong.map(
      ([message, suggestedFix]): ConstraintProblem => ({
        code: 'CONSTRAINT_INVALID',
        message: `[${subgraph}] @constraint on "${coordinate}" ${message}`,
        suggestedFix,
        subgraph,
        line: directive.loc?.startToken.line,
      }),
    );
  });

  function others({ coordinate, subgraph }: Declaration): readonly string[] {
    return declarations
      .filter((candidate) => candidate.coordinate === coordinate && candidate.subgraph !== subgraph)
      .map((candidate) => `"${candidate.subgraph}"`);
  }
}

/** What is wrong, and how to mend it. */
type Wrong = readonly (readonly [message: string, suggestedFix: string])[];

function checkType(constraint: Constraint, type: TypeNode, kind: string | undefined): Wrong {
  const name = namedType(type);
  const isText = name === 'String' || name === 'ID';
  const isNumber = name === 'Int' || name === 'Float';
  const isCustom = kind === Kind.SCALAR_TYPE_DEFINITION;
  const isList = (type.kind === Kind.NON_NULL_TYPE ? type.type : type).kind === Kind.LIST_TYPE;
  const used = (keys: readonly (keyof Constraint)[]): string =>
    keys
      .filter((key) => constraint[key] !== undefined)
      .map((key) => key.replace(/s$/, ''))
      .join(' and ');
  const [ofNumbers, ofTexts] = [used(numbers), used([...lengths, 'patterns', 'formats'])];
  const ofLists = counts.filter((key) => constraint[key] !== undefined).join(' and ');
  return [
    ...(ofNumbers !== '' && !isNumber && !isCustom
      ? [[`has ${ofNumbers} on a ${name}`, 'only numbers have them: Int, Float and custom scalars'] as const]
      : []),
    ...(ofTexts !== '' && !isText && !isCustom
      ? [[`has ${ofTexts} on a ${name}`, 'only texts have them: String, ID and custom scalars'] as const]
      : []),
    ...(ofLists !== '' && !isList ? [[`has ${ofLists} on a value that is no list`, 'remove them'] as const] : []),
  ];
}

function checkRules(constraint: Constraint): Wrong {
  const negative = [...lengths, ...counts].filter((key) => (constraint[key] ?? 0) < 0);
  const patterns = (constraint.patterns ?? []).filter((pattern) => compileLinearPattern(pattern) === undefined);
  const unknown = (constraint.formats ?? []).filter((name) => !formats.has(name));
  return [
    ...(Object.keys(constraint).length === 0
      ? [['says nothing', 'write what the value must be, or remove the directive'] as const]
      : []),
    ...negative.map((key) => [`has a ${key} below 0`, 'write 0 or more'] as const),
    ...patterns.map(
      (pattern) =>
        [
          `has the pattern ${pattern}, which does not compile`,
          'write RE2 syntax: no look-around, no back-references',
        ] as const,
    ),
    ...unknown.map(
      (name) =>
        [
          `has the format ${name}${didYouMean(name, [...formats.keys()])}`,
          `write ${[...formats.keys()].join(', ')}`,
        ] as const,
    ),
  ];
}

/** @param others the other subgraphs that constrain the same value */
function checkBounds(constraint: Constraint, whole: Constraint, others: readonly string[]): Wrong {
  const crossed = impossibleBounds(constraint);
  if (crossed.length > 0)
    return crossed.map(([low, high]) => [`has a ${low} above its ${high}`, 'exchange them'] as const);
  return impossibleBounds(whole).map(
    ([low, high]) =>
      [
        `leaves no value: with that of ${others.join(' and ') || 'an interface'}, ${low} is above ${high}`,
        'agree on bounds that some value is within',
      ] as const,
  );
}

function checkDefault(constraint: Constraint, node: ConstValueNode): Wrong {
  const { value: checkValue, items } = compileConstraint(constraint);
  const values: unknown[] = [valueFromASTUntyped(node)];
  const [first] = values;
  const broken = Array.isArray(first) ? [...items(first.length)] : [];
  for (let value = values.pop(); values.length > 0 || value !== undefined; value = values.pop()) {
    if (Array.isArray(value)) values.push(...(value as readonly unknown[]));
    else broken.push(...checkValue(value));
  }
  return broken.map(
    ({ rule }) => [`is broken by the default beside it (${rule})`, 'write a default that it allows'] as const,
  );
}
