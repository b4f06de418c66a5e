/** Refuses a `@rateLimit` that could not be enforced as it is written. */
import { type DocumentNode, type FieldDefinitionNode, Kind } from 'graphql';
import { didYouMean } from '../../lib/index.ts';
import type { DirectiveProblem } from './check-own-links.ts';
import { stringArgument } from './links.ts';
import { importedDirectives } from './own-directives.ts';
import { argumentsOfRate } from './read-field-rates.ts';

const longestMs = 366 * 86_400_000;

export function checkFieldRates(supergraph: DocumentNode): readonly DirectiveProblem[] {
  const problems: DirectiveProblem[] = [];
  const name = importedDirectives(supergraph, 'limits').get('rateLimit');
  if (name === undefined) return problems;
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const field of definition.fields ?? []) check(`${definition.name.value}.${field.name.value}`, field, name);
  }
  return problems;

  function check(
    coordinate: string,
    { directives = [], arguments: args = [] }: FieldDefinitionNode,
    directive: string,
  ) {
    const invalid = (message: string, suggestedFix: string): void => {
      problems.push({ code: 'RATE_LIMIT_INVALID', message: `@rateLimit on "${coordinate}" ${message}`, suggestedFix });
    };
    for (const applied of directives) {
      if (applied.name.value !== directive) continue;
      const { max, windowMs, identityArgs } = argumentsOfRate(applied);
      if (max < 1) invalid('has a max below 1', 'write how often the field may be read; to hide it, use @inaccessible');
      if (windowMs <= 0 || windowMs > longestMs)
        invalid(
          `has window: "${stringArgument(applied, 'window') ?? ''}", which is no duration up to 366d`,
          'write a duration such as 500ms, 10s, 5m, 2h or 1d',
        );
      const names = args.map((arg) => arg.name.value);
      for (const path of identityArgs) {
        const [first = ''] = path.split('.');
        if (names.includes(first)) continue;
        invalid(
          `has identityArgs: ["${path}"], which is no argument of the field${didYouMean(first, names)}`,
          names.length === 0 ? 'leave identityArgs out: the field has no arguments' : `name one of ${names.join(', ')}`,
        );
      }
    }
  }
}
