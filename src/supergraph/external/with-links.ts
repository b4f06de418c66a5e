/**
 * Older composers wrote `@core(feature:)` for `@link(url:)`, and either may have another name in a document. All readers of a
 * supergraph look for `@link(url:)`.
 */
import { type ConstDirectiveNode, type DefinitionNode, type DocumentNode, Kind } from 'graphql';
import { stringArgument } from '../directives/links.ts';

const itself = /^https:\/\/specs\.apollo\.dev\/(?:link|core)\//;

/** @returns the same document where it has `@link`s under their own name */
export function withLinks(document: DocumentNode): DocumentNode {
  const name = document.definitions.flatMap(schemaDirectives).find((directive) => itself.test(urlOf(directive)))
    ?.name.value;
  if (name === undefined || name === 'link') return document;
  const definitions = document.definitions.map((definition) =>
    schemaDirectives(definition).length === 0
      ? definition
      : {
          ...definition,
          directives: schemaDirectives(definition).map((directive) =>
            directive.name.value === name ? asLink(directive) : directive,
          ),
        },
  ) as DefinitionNode[];
  return { ...document, definitions };
}

function schemaDirectives(definition: DefinitionNode): readonly ConstDirectiveNode[] {
  const isSchema = definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION;
  return isSchema ? (definition.directives ?? []) : [];
}

function urlOf(directive: ConstDirectiveNode): string {
  return stringArgument(directive, 'url') ?? stringArgument(directive, 'feature') ?? '';
}

function asLink(directive: ConstDirectiveNode): ConstDirectiveNode {
  return {
    ...directive,
    name: { kind: Kind.NAME, value: 'link' },
    arguments: (directive.arguments ?? []).map((argument) =>
      argument.name.value === 'feature' ? { ...argument, name: { kind: Kind.NAME, value: 'url' } } : argument,
    ),
  };
}
