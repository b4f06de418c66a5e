/**
 * How large an operation is, by its document alone, with every fragment spread expanded. Each fragment is measured once,
 * so that fragments that spread each other twice (F0 to F30: 2³⁰ fields) cost as much as they are long. A document has not been
 * validated here: fragments may be missing, or spread themselves.
 */
import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { fragmentsOf } from '../../documents/index.ts';

export interface OperationSize {
  readonly name: string | undefined;
  /** How deeply fields are nested; those of introspection are served from memory, and do not count. */
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  readonly directives: number;
  /** Fields. */
  readonly selections: number;
}

interface SetSize {
  readonly depth: number;
  readonly aliases: number;
  /** Fields of this level, those of its fragments included. */
  readonly fields: number;
  readonly directives: number;
  readonly selections: number;
}

/** Deeper than any configured limit: the stack holds it, and a document of more is too deep whatever the limit. */
const deepest = 2_000;

const empty: SetSize = { depth: 0, aliases: 0, fields: 0, directives: 0, selections: 0 };

/** @returns the size of each operation of a document */
export function measureOperations(document: DocumentNode): readonly OperationSize[] {
  const fragments = fragmentsOf(document);
  const sizes = new Map<string, SetSize>();
  return document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? [measureOperation(definition)] : [],
  );

  function measureOperation(operation: OperationDefinitionNode): OperationSize {
    const { depth, aliases, fields, directives, selections } = measureSet(operation.selectionSet, 1);
    const variables = (operation.variableDefinitions ?? []).flatMap((definition) => definition.directives ?? []);
    return {
      name: operation.name?.value,
      depth,
      aliases,
      rootFields: fields,
      directives: directives + countOf(operation.directives) + variables.length,
      selections,
    };
  }

  function measureSet(set: SelectionSetNode, level: number): SetSize {
    if (level > deepest) return { ...empty, depth: Number.POSITIVE_INFINITY };
    let { depth, aliases, fields, directives, selections } = empty;
    for (const selection of set.selections) {
      const size =
        selection.kind === Kind.FIELD
          ? measureField(selection, level)
          : selection.kind === Kind.INLINE_FRAGMENT
            ? measureSet(selection.selectionSet, level + 1)
            : measureFragment(selection.name.value, level);
      depth = Math.max(depth, size.depth);
      aliases += size.aliases;
      fields += size.fields;
      directives += size.directives + countOf(selection.directives);
      selections += size.selections;
    }
    return { depth, aliases, fields, directives, selections };
  }

  function measureField({ name, alias, selectionSet }: FieldNode, level: number): SetSize {
    const inner = selectionSet === undefined ? empty : measureSet(selectionSet, level + 1);
    const isIntrospection = name.value.startsWith('__');
    return {
      depth: isIntrospection && inner.depth < deepest ? 1 : inner.depth + 1,
      aliases: inner.aliases + (alias === undefined ? 0 : 1),
      fields: 1,
      directives: inner.directives,
      selections: inner.selections + 1,
    };
  }

  function measureFragment(name: string, level: number): SetSize {
    const measured = sizes.get(name);
    if (measured !== undefined) return measured;
    const fragment = fragments.get(name);
    if (fragment === undefined) return empty;
    sizes.set(name, empty); // where it spreads itself, which validation refuses
    const size = measureSet(fragment.selectionSet, level + 1);
    const whole = { ...size, directives: size.directives + countOf(fragment.directives) };
    sizes.set(name, whole);
    return whole;
  }
}

function countOf(directives: readonly DirectiveNode[] | undefined): number {
  return directives?.length ?? 0;
}
