/**
 * Refuses a `@rows` that could not be enforced as it is written: it stands where it would do nothing, reads what the object
 * does not have, or is about objects of a subgraph that cannot come by the fields it reads.
 */
import { type DocumentNode, Kind, type SelectionSetNode } from 'graphql';
import { didYouMean } from '../../lib/index.ts';
import type { DirectiveProblem } from '../directives/check-own-links.ts';
import { argumentOf, stringArgument } from '../directives/links.ts';
import { importedDirectives } from '../directives/own-directives.ts';
import { parseFieldSet } from './field-set.ts';
import type { RowRule } from './read-row-rules.ts';
import { objectsOfRule, type RowTable, readRowTable } from './row-table.ts';
import { readSubgraphTypes, type SubgraphTypes } from './subgraph-types.ts';

const deniedForms = ['drop', 'null'];

/** @returns the rules with what they read, or why they cannot be enforced */
export function checkRows(
  supergraph: DocumentNode,
  rules: readonly RowRule[],
): { readonly rows: RowTable; readonly problems: readonly DirectiveProblem[] } {
  const problems: DirectiveProblem[] = [];
  const invalid = (coordinate: string, message: string, suggestedFix: string): void => {
    problems.push({ code: 'ROWS_INVALID', message: `@rows on "${coordinate}" ${message}`, suggestedFix });
  };
  const none: RowTable = { rules: [], supplies: new Map() };
  checkPlaces();
  if (rules.length === 0 || problems.length > 0) return { rows: none, problems };
  const types = readSubgraphTypes(supergraph);
  for (const rule of rules) checkRule(rule);
  if (problems.length > 0) return { rows: none, problems };
  const rows = readRowTable(supergraph, rules);
  checkSupplies(rows);
  return { rows, problems };

  function checkPlaces(): void {
    const name = importedDirectives(supergraph, 'access').get('rows');
    if (name === undefined) return;
    const roots = new Set(
      supergraph.definitions.flatMap((definition) =>
        definition.kind === Kind.SCHEMA_DEFINITION ? definition.operationTypes.map(({ type }) => type.name.value) : [],
      ),
    );
    for (const definition of supergraph.definitions) {
      const isInterface = definition.kind === Kind.INTERFACE_TYPE_DEFINITION;
      if (!isInterface && definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
      const typeName = definition.name.value;
      const elements = [
        { coordinate: typeName, directives: definition.directives },
        ...(definition.fields ?? []).map((field) => ({
          coordinate: `${typeName}.${field.name.value}`,
          directives: field.directives,
        })),
      ];
      for (const { coordinate, directives = [] } of elements) {
        for (const directive of directives.filter((each) => each.name.value === name)) {
          if (isInterface)
            invalid(
              coordinate,
              'is on an interface',
              'put it on each type that implements the interface, or its field',
            );
          else if (roots.has(coordinate)) invalid(coordinate, 'is on a root type', 'put it on the types of its fields');
          const denied = stringArgument(directive, 'denied') ?? (argumentOf(directive, 'denied') ? '' : 'drop');
          if (!deniedForms.includes(denied))
            invalid(coordinate, `has denied: "${denied}"${didYouMean(denied, deniedForms)}`, 'write "drop" or "null"');
        }
      }
    }
  }

  function checkRule(rule: RowRule): void {
    const { coordinate, fields } = rule;
    const objects = objectsOfRule(types, rule);
    if (objects.length === 0) {
      invalid(coordinate, 'is on a field that returns no object', 'put it on a field that returns objects');
      return;
    }
    let set: SelectionSetNode;
    try {
      set = parseFieldSet(fields);
    } catch {
      invalid(
        coordinate,
        `has fields: "${fields}", which is no selection`,
        'write field names, such as "ownerId tenant"',
      );
      return;
    }
    for (const object of objects) checkSelection(coordinate, object, set, types);
  }

  function checkSelection(coordinate: string, typeName: string, set: SelectionSetNode, types: SubgraphTypes): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        invalid(coordinate, 'reads a named fragment', 'write its fields');
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        checkSelection(coordinate, selection.typeCondition?.name.value ?? typeName, selection.selectionSet, types);
      } else {
        const { name, alias, arguments: values = [], selectionSet } = selection;
        const field = `${typeName}.${name.value}`;
        const returned = types.returnedBy(typeName, name.value);
        const isComposite = returned !== undefined && types.isComposite(returned);
        if (alias !== undefined || values.length > 0)
          invalid(coordinate, `reads "${field}" with an alias or arguments`, 'read fields without either');
        else if (returned === undefined)
          invalid(
            coordinate,
            `reads "${field}", which no subgraph defines${didYouMean(name.value, types.fieldsOf(typeName))}`,
            'write fields of the object, as in @key',
          );
        else if (isComposite !== (selectionSet !== undefined))
          invalid(
            coordinate,
            isComposite ? `reads the object "${field}" without fields of it` : `selects fields of "${field}", a scalar`,
            'select what the policy reads, such as "owner { id }"',
          );
        else if (selectionSet !== undefined) checkSelection(coordinate, returned, selectionSet, types);
      }
    }
  }

  function checkSupplies({ supplies }: RowTable): void {
    for (const [subgraph, ofSubgraph] of supplies) {
      const returned = types.returnedIn(subgraph);
      for (const [typeName, ofType] of ofSubgraph) {
        for (const { rule, missing } of ofType) {
          const { coordinate } = rules[rule] as RowRule;
          const [parent = '', field] = coordinate.split('.');
          const returns = field === undefined ? returned.has(typeName) : types.resolves(subgraph, parent, field);
          if (missing.length === 0 || !returns) continue;
          invalid(
            coordinate,
            `reads "${missing.join(' ')}", which "${subgraph}" does not have of the "${typeName}" it returns, nor a key by which another subgraph has it`,
            'add the fields to the type in this subgraph, or a @key that a subgraph with the fields resolves',
          );
        }
      }
    }
  }
}
