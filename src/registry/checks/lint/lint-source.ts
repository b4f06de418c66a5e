/** Lints one subgraph's SDL by all rules: seconds for one of 10,000 types, so it is done in a worker. */
import { type DocumentNode, GraphQLError, parse } from 'graphql';
import { suggestGraphqlFix } from '../../../supergraph/index.ts';
import { lintWithEslint } from './eslint-rules.ts';
import { federationRules } from './federation/rules.ts';
import { readSubgraphDocument } from './federation/subgraph-document.ts';
import type { LintFinding } from './lint-finding.ts';

export interface LintedSource {
  /** In the order of the lines. */
  readonly findings: readonly LintFinding[];
  /** Whether the packages of graphql-eslint are installed. */
  readonly hasEslint: boolean;
}

const maxTokens = 1_000_000;

export async function lintSource(sdl: string): Promise<LintedSource> {
  let document: DocumentNode;
  try {
    document = parse(sdl, { maxTokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { findings: [syntaxFinding(error)], hasEslint: true };
  }
  const subgraph = readSubgraphDocument(document);
  const ofEslint = await lintWithEslint(sdl, document);
  const findings = [...Object.values(federationRules).flatMap((rule) => rule(subgraph)), ...(ofEslint ?? [])];
  return { findings: findings.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)), hasEslint: ofEslint !== undefined };
}

function syntaxFinding({ message, locations }: GraphQLError): LintFinding {
  return {
    rule: 'INVALID_GRAPHQL',
    severity: 'error',
    message,
    line: locations?.[0]?.line,
    coordinate: undefined,
    suggestedFix: suggestGraphqlFix(message) ?? 'correct the syntax',
  };
}
