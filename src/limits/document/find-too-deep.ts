import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import { fragmentsOf } from '../../documents/index.ts';

/** The first field of an operation that is nested deeper than `limit`: where its fragment, or the operation, has it. */
export function findTooDeep(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  limit: number,
): { readonly line: number; readonly column: number } | undefined {
  const fragments = fragmentsOf(document);
  const visited = new Set<string>();
  return find(operation.selectionSet, 1);

  function find(set: SelectionSetNode, depth: number): ReturnType<typeof findTooDeep> {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const { name, loc, selectionSet } = selection;
        if (depth > limit && loc !== undefined) return { line: loc.startToken.line, column: loc.startToken.column };
        if (selectionSet === undefined || name.value.startsWith('__')) continue;
        const deeper = find(selectionSet, depth + 1);
        if (deeper !== undefined) return deeper;
        continue;
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const key = `${selection.name.value} ${depth}`;
        if (visited.has(key)) continue;
        visited.add(key);
      }
      const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      const place = inner && find(inner.selectionSet, depth);
      if (place !== undefined) return place;
    }
    return undefined;
  }
}
