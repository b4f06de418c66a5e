/**
 * Where subgraphs define what a finding is about. What is gone has the line of its type, in the subgraphs that had it:
 * there an annotation of a pull request can be shown.
 */
import { type DefinitionNode, type DocumentNode, Kind, parse } from 'graphql';
import type { SubgraphSource } from '../../../supergraph/index.ts';
import type { Place } from '../check-report.ts';

type Source = Pick<SubgraphSource, 'name' | 'sdl' | 'origin'>;

interface DefinedLines {
  readonly source: Source;
  /** By `Type`, `Type.field`, `Type.field.argument` and `Enum.VALUE`. */
  readonly lines: ReadonlyMap<string, number>;
}

export type FindPlaces = (coordinate: string) => readonly Place[];

export function definitionPlaces(before: readonly Source[], after: readonly Source[]): FindPlaces {
  const earlier = before.map(definedLines);
  const later = after.map(definedLines);
  const placesIn = (defined: readonly DefinedLines[], coordinate: string): readonly Place[] =>
    defined.flatMap(({ source, lines }) => {
      const line = lines.get(coordinate);
      return line === undefined ? [] : [{ subgraph: source.name, file: source.origin, line }];
    });
  return (coordinate) => {
    const present = placesIn(later, coordinate);
    if (present.length > 0) return present;
    const having = new Set(placesIn(earlier, coordinate).map(({ subgraph }) => subgraph));
    const [typeName = ''] = coordinate.split('.');
    const types = placesIn(
      later.filter(({ source }) => having.has(source.name)),
      typeName,
    );
    if (types.length > 0) return types;
    const files = after.filter(({ name }) => having.has(name));
    return files.map(({ name, origin }) => ({ subgraph: name, file: origin, line: 1 }));
  };
}

function definedLines(source: Source): DefinedLines {
  const lines = new Map<string, number>();
  let document: DocumentNode;
  try {
    document = parse(source.sdl);
  } catch {
    return { source, lines };
  }
  for (const definition of document.definitions) addLines(definition, lines);
  return { source, lines };
}

interface Named {
  readonly name: { readonly value: string; readonly loc?: { readonly startToken: { readonly line: number } } };
}

function addLines(definition: DefinitionNode, lines: Map<string, number>): void {
  if (!('name' in definition) || definition.name === undefined) return;
  const isDirective = definition.kind === Kind.DIRECTIVE_DEFINITION;
  const add = (coordinate: string, { name }: Named): void => {
    const line = name.loc?.startToken.line;
    if (line !== undefined && !lines.has(coordinate)) lines.set(coordinate, line);
  };
  const typeName = `${isDirective ? '@' : ''}${definition.name.value}`;
  add(typeName, { name: definition.name });
  if (isDirective) return;
  const { fields = [], values = [] } = definition as {
    readonly fields?: readonly (Named & { readonly arguments?: readonly Named[] })[];
    readonly values?: readonly Named[];
  };
  for (const value of values) add(`${typeName}.${value.name.value}`, value);
  for (const field of fields) {
    const coordinate = `${typeName}.${field.name.value}`;
    add(coordinate, field);
    for (const argument of field.arguments ?? []) add(`${coordinate}.${argument.name.value}`, argument);
  }
}
