/** Refuses whatever subgraphs link of the specifications of Isthmus that protect something, and that it does not enforce. */
import { type DocumentNode, Kind } from 'graphql';
import { importsOf, linksOf, stringArgument } from './links.ts';
import { ownDirectiveDefinitions, ownLinkUrl } from './own-directives.ts';

/** What is wrong, with the coordinate or the subgraph in quotes, and how to mend it. */
export interface DirectiveProblem {
  readonly code: 'ROWS_INVALID' | 'MASK_INVALID' | 'RATE_LIMIT_INVALID' | 'SECURITY_FEATURE_NOT_ENFORCED';
  readonly message: string;
  /** Where it is, where the message also quotes what an owner wrote, which may be the name of a subgraph. */
  readonly coordinate?: string;
  readonly suggestedFix: string;
}

const protecting = ['access', 'limits'] as const;

/** @param subgraphs the documents that were composed, by name */
export function checkOwnLinks(
  subgraphs: readonly { readonly name: string; readonly typeDefs: DocumentNode }[],
): readonly DirectiveProblem[] {
  return subgraphs.flatMap(({ name, typeDefs }) =>
    protecting.flatMap((specification) => unenforcedLinks(name, typeDefs, specification)),
  );
}

function unenforcedLinks(
  subgraph: string,
  document: DocumentNode,
  specification: (typeof protecting)[number],
): readonly DirectiveProblem[] {
  const problems: DirectiveProblem[] = [];
  const specified = ownDirectiveDefinitions(specification);
  for (const link of linksOf(document)) {
    const url = stringArgument(link, 'url') ?? '';
    if (!url.startsWith(`https://isthmus.dev/${specification}/`)) continue;
    if (url !== ownLinkUrl(specification))
      problems.push({
        code: 'SECURITY_FEATURE_NOT_ENFORCED',
        message: `"${subgraph}" links ${url}, of which Isthmus enforces another version`,
        suggestedFix: `link ${ownLinkUrl(specification)}`,
      });
    // A subgraph that defines such a directive itself would compose, and nothing would enforce it.
    const prefix = `${stringArgument(link, 'as') ?? specification}__`;
    const namespaced = document.definitions.flatMap((definition) =>
      definition.kind === Kind.DIRECTIVE_DEFINITION && definition.name.value.startsWith(prefix)
        ? [{ name: `@${definition.name.value.slice(prefix.length)}` }]
        : [],
    );
    for (const { name } of [...importsOf(link), ...namespaced]) {
      if (specified.has(name.replace(/^@/, ''))) continue;
      problems.push({
        code: 'SECURITY_FEATURE_NOT_ENFORCED',
        message: `"${subgraph}" imports ${name} from ${url}, which Isthmus does not enforce`,
        suggestedFix: `import what it has: @${[...specified.keys()].join(', @')}`,
      });
    }
  }
  return problems;
}
