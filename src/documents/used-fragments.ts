import { type ASTNode, type FragmentDefinitionNode, visit } from 'graphql';

/** Those of the fragments that a node uses, directly or through others, in the order in which they are met. */
export function usedFragments(
  node: ASTNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): ReadonlyMap<string, FragmentDefinitionNode> {
  const used = new Map<string, FragmentDefinitionNode>();
  const collect = (part: ASTNode): void => {
    visit(part, {
      FragmentSpread({ name: { value: name } }) {
        const fragment = fragments.get(name);
        if (fragment === undefined || used.has(name)) return;
        used.set(name, fragment);
        collect(fragment);
      },
    });
  };
  collect(node);
  return used;
}
