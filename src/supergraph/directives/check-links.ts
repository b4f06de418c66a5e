/**
 * Finds `@link`s that Apollo's composition throws on, or takes for none, before it validates them: imports that are no list; a
 * URL that is none, with which a subgraph would be taken for one of federation 1; and links to specifications, versions and
 * directives that Isthmus does not have, of which it says what `@composeDirective` lacks.
 */
import { type ConstDirectiveNode, type DocumentNode, Kind } from 'graphql';
import { didYouMean, nearestName } from '../../lib/index.ts';
import type { CompositionProblem, SubgraphSource } from '../composition.ts';
import { suggestedFixFor } from '../suggested-fixes.ts';
import { argumentOf, importsOf, linksOf, stringArgument } from './links.ts';
import { isOwnVersion, ownDirectiveDefinitions, ownLinkUrl, ownSpecifications } from './own-directives.ts';

export function checkLinks(document: DocumentNode, { name, origin }: SubgraphSource): readonly CompositionProblem[] {
  const problemOf = (code: string, message: string, line: number | undefined, fix?: string): CompositionProblem => ({
    severity: 'error',
    code,
    message: `[${name}] ${message}`,
    places: [{ subgraph: name, origin, line }],
    suggestedFix: fix ?? suggestedFixFor(code, undefined),
  });
  return linksOf(document).flatMap((link) => {
    const problems: CompositionProblem[] = [];
    const url = stringArgument(link, 'url');
    if (url !== undefined && !URL.canParse(url))
      problems.push(
        problemOf('INVALID_LINK_IDENTIFIER', `@link(url: ${JSON.stringify(url)}) is no URL`, link.loc?.startToken.line),
      );
    const imports = argumentOf(link, 'import');
    if (imports !== undefined && imports.kind !== Kind.LIST && imports.kind !== Kind.NULL)
      problems.push(
        problemOf('INVALID_LINK_DIRECTIVE_USAGE', '@link(import:) is no list', imports.loc?.startToken.line),
      );
    for (const { code, message, fix } of wrongInOwnLink(link))
      problems.push(problemOf(code, message, link.loc?.startToken.line, fix));
    return problems;
  });
}

function wrongInOwnLink(
  link: ConstDirectiveNode,
): readonly { readonly code: string; readonly message: string; readonly fix: string }[] {
  const url = stringArgument(link, 'url') ?? '';
  const feature = /^https:\/\/isthmus\.dev\/([^/]+)\/v[^/]*$/.exec(url)?.[1];
  if (feature === undefined) return [];
  const specification = ownSpecifications.find((name) => name === feature);
  if (specification === undefined) {
    const near = ownSpecifications.find((name) => name === nearestName(feature, ownSpecifications));
    const fix = near === undefined ? ownSpecifications.map(ownLinkUrl).join(', ') : ownLinkUrl(near);
    const message = `links ${url}, and Isthmus has no specification "${feature}"`;
    return [{ code: 'INVALID_LINK_IDENTIFIER', message, fix: `link ${fix}` }];
  }
  const isProtecting = specification === 'access' || specification === 'limits';
  if (!isOwnVersion(url, specification)) {
    const code = isProtecting ? 'SECURITY_FEATURE_NOT_ENFORCED' : 'INVALID_LINK_IDENTIFIER';
    const message = `links ${url}, of which Isthmus has another version`;
    return [{ code, message, fix: `link ${ownLinkUrl(specification)}` }];
  }
  const names = [...ownDirectiveDefinitions(specification).keys()].map((name) => `@${name}`);
  return importsOf(link)
    .filter(({ name }) => !names.includes(name))
    .map(({ name }) => ({
      code: isProtecting ? 'SECURITY_FEATURE_NOT_ENFORCED' : 'INVALID_LINK_DIRECTIVE_USAGE',
      message: `imports ${name} from ${url}, which does not have it${didYouMean(name, names)}`,
      fix: `import what it has: ${names.join(', ')}`,
    }));
}
