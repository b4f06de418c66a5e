/** Reads `@fallback`, and refuses a value that does not fit its field’s type, or that a field of its kind does not have. */
import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
  Kind,
  parseConstValue,
  type TypeNode,
  valueFromASTUntyped,
} from 'graphql';
import { canonicalJson, didYouMean } from '../../lib/index.ts';
import { stringArgument } from '../directives/links.ts';
import { importedDirectives } from '../directives/own-directives.ts';
import type { CacheProblem } from './check-cache-directives.ts';
import { directivesOf, type FieldInSubgraph, type TypeInSubgraph, typesIn } from './types-in-subgraph.ts';

/** The value of each field that has one, by `Type.field`; in JSON. */
export type Fallbacks = ReadonlyMap<string, unknown>;

interface Subgraph {
  readonly name: string;
  readonly typeDefs: DocumentNode;
}

interface Declared {
  readonly subgraph: string;
  readonly coordinate: string;
  readonly typeName: string;
  readonly type: TypeInSubgraph;
  readonly field: FieldInSubgraph;
  readonly directive: ConstDirectiveNode;
  readonly types: ReadonlyMap<string, TypeInSubgraph>;
}

export function readFallbacks(subgraphs: readonly Subgraph[]): Fallbacks {
  return new Map(
    declaredIn(subgraphs).map(({ coordinate, directive }) => [coordinate, valueFromASTUntyped(literalOf(directive))]),
  );
}

export function checkFallbacks(subgraphs: readonly Subgraph[]): readonly CacheProblem[] {
  const values = new Map<string, { readonly subgraph: string; readonly value: string }>();
  return declaredIn(subgraphs).flatMap((declared): CacheProblem[] => {
    const { subgraph, coordinate, directive } = declared;
    const wrong = wrongWith(declared) ?? differs(declared, values);
    if (wrong === undefined) return [];
    const [message, suggestedFix] = wrong;
    return [
      {
        code: 'FALLBACK_INVALID',
        message: `[${subgraph}] @fallback on "${coordinate}" ${message}`,
        suggestedFix,
        subgraph,
        line: directive.loc?.startToken.line,
      },
    ];
  });
}

function declaredIn(subgraphs: readonly Subgraph[]): readonly Declared[] {
  return subgraphs.flatMap(({ name: subgraph, typeDefs }) => {
    const name = importedDirectives(typeDefs, 'cache').get('fallback');
    if (name === undefined) return [];
    const types = typesIn(typeDefs);
    return [...types].flatMap(([typeName, type]) =>
      [...type.fields.values()].flatMap((field) =>
        directivesOf(field, new Set([name])).map((directive) => {
          const coordinate = `${typeName}.${field.name.value}`;
          return { subgraph, coordinate, typeName, type, field, directive, types };
        }),
      ),
    );
  });
}

type Wrong = readonly [message: string, suggestedFix: string];

function wrongWith({ typeName, type, field, directive, types }: Declared): Wrong | undefined {
  if (type.kind === Kind.INTERFACE_TYPE_DEFINITION || type.kind === Kind.INTERFACE_TYPE_EXTENSION)
    return ['is on a field of an interface', 'put it on the field of each type that implements the interface'];
  if (typeName === 'Mutation' || typeName === 'Subscription')
    return [`is on a field of ${typeName}, whose failure must be seen`, 'remove it'];
  const text = stringArgument(directive, 'value') ?? '';
  let literal: ConstValueNode;
  try {
    literal = literalOf(directive);
  } catch {
    return [
      `has value: "${text}", which is no GraphQL literal`,
      'write a literal: 0, true, [], NEUTRAL, or a text in \\"quotes\\"',
    ];
  }
  return misfit(field.type, literal, types);
}

/** Two subgraphs that resolve one field have one value for it. */
function differs(
  { subgraph, coordinate, directive }: Declared,
  values: Map<string, { readonly subgraph: string; readonly value: string }>,
): Wrong | undefined {
  const value = canonicalJson(valueFromASTUntyped(literalOf(directive)));
  const first = values.get(coordinate);
  if (first === undefined) values.set(coordinate, { subgraph, value });
  return first === undefined || first.value === value
    ? undefined
    : [`differs from that of "${first.subgraph}"`, 'write one value in both'];
}

/** @throws GraphQLError for a text that is no literal */
function literalOf(directive: ConstDirectiveNode): ConstValueNode {
  return parseConstValue(stringArgument(directive, 'value') ?? '', { noLocation: true });
}

function misfit(type: TypeNode, value: ConstValueNode, types: ReadonlyMap<string, TypeInSubgraph>): Wrong | undefined {
  if (type.kind === Kind.NON_NULL_TYPE)
    return value.kind === Kind.NULL
      ? ['has null, and the field is never null', 'write a value, or make the field nullable']
      : misfit(type.type, value, types);
  if (value.kind === Kind.NULL) return undefined;
  if (type.kind === Kind.LIST_TYPE) {
    if (value.kind !== Kind.LIST) return [`has a value that is no list`, 'write a list: [], or [1, 2]'];
    for (const item of value.values) {
      const wrong = misfit(type.type, item, types);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }
  return misfitNamed(type.name.value, value, types.get(type.name.value));
}

const scalars: ReadonlyMap<string, readonly [kinds: readonly string[], example: string]> = new Map([
  ['Int', [[Kind.INT], '0']],
  ['Float', [[Kind.INT, Kind.FLOAT], '0.5']],
  ['String', [[Kind.STRING], '\\"text\\"']],
  ['Boolean', [[Kind.BOOLEAN], 'false']],
  ['ID', [[Kind.STRING, Kind.INT], '\\"p1\\"']],
]);

function misfitNamed(name: string, value: ConstValueNode, type: TypeInSubgraph | undefined): Wrong | undefined {
  const scalar = scalars.get(name);
  if (scalar !== undefined) {
    const [kinds, example] = scalar;
    const isOutOfRange = name === 'Int' && value.kind === Kind.INT && Math.abs(Number(value.value)) > 2_147_483_647;
    return kinds.includes(value.kind) && !isOutOfRange
      ? undefined
      : [`has a value that is no ${name}`, `write one, such as value: "${example}"`];
  }
  if (type === undefined || type.kind === Kind.SCALAR_TYPE_DEFINITION || type.kind === Kind.SCALAR_TYPE_EXTENSION)
    return undefined;
  if (type.values.size > 0) {
    if (value.kind === Kind.ENUM && type.values.has(value.value)) return undefined;
    const names = [...type.values];
    const suggestion = value.kind === Kind.ENUM ? didYouMean(value.value, names) : '';
    return [`has a value that is none of ${name}${suggestion}`, `write one of ${names.join(', ')}`];
  }
  return ['has an object, whose fields come from subgraphs', 'write null, or [] for a list of objects'];
}
