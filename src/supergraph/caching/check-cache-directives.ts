/**
 * Refuses a `@cacheTag` or `@invalidates` that would make no tag as it is written: it stands where nothing is cached or changed,
 * or reads a key, an argument or a field that is not there.
 */
import type { ConstDirectiveNode, DocumentNode } from 'graphql';
import { type FormatReference, parseTagFormat } from '../../cache/tags/index.ts';
import { namedType } from '../../documents/index.ts';
import { didYouMean } from '../../lib/index.ts';
import { stringArgument } from '../directives/links.ts';
import { cacheDirectivesOf, tagsOf } from './read-cache-rules.ts';
import { argumentsOf, directivesOf, type FieldInSubgraph, type TypeInSubgraph, typesIn } from './types-in-subgraph.ts';

export interface CacheProblem {
  readonly code: 'CACHE_TAG_INVALID' | 'INVALIDATES_INVALID' | 'FALLBACK_INVALID';
  readonly message: string;
  readonly suggestedFix: string;
  readonly subgraph: string;
  readonly line: number | undefined;
}

/** What is wrong, and how to mend it. */
type Wrong = readonly [message: string, suggestedFix: string];

/** @param subgraphs the documents that were composed, by name */
export function checkCacheDirectives(
  subgraphs: readonly { readonly name: string; readonly typeDefs: DocumentNode }[],
): readonly CacheProblem[] {
  return subgraphs.flatMap(({ name, typeDefs }) => checkSubgraph(name, typeDefs));
}

function checkSubgraph(subgraph: string, document: DocumentNode): readonly CacheProblem[] {
  const names = cacheDirectivesOf(document);
  const invalidates = new Set(names.invalidates === undefined ? [] : [names.invalidates]);
  const problems: CacheProblem[] = [];
  if (names.cacheTag.size === 0 && invalidates.size === 0) return problems;
  const types = typesIn(document);
  const report = (
    code: CacheProblem['code'],
    coordinate: string,
    directive: ConstDirectiveNode,
    wrong: readonly Wrong[],
  ) => {
    const name = code === 'CACHE_TAG_INVALID' ? '@cacheTag' : '@invalidates';
    for (const [message, suggestedFix] of wrong)
      problems.push({
        code,
        message: `[${subgraph}] ${name} on "${coordinate}" ${message}`,
        suggestedFix,
        subgraph,
        line: directive.loc?.startToken.line,
      });
  };
  for (const [typeName, type] of types) {
    for (const directive of directivesOf(type, names.cacheTag))
      report('CACHE_TAG_INVALID', typeName, directive, checkTypeTag(typeName, type, formatOf(directive)));
    for (const field of type.fields.values()) {
      const coordinate = `${typeName}.${field.name.value}`;
      for (const directive of directivesOf(field, names.cacheTag))
        report('CACHE_TAG_INVALID', coordinate, directive, checkFieldTag(typeName, field, formatOf(directive), types));
      for (const directive of directivesOf(field, invalidates))
        report('INVALIDATES_INVALID', coordinate, directive, checkInvalidates(typeName, field, directive, types));
    }
  }
  return problems;
}

type Types = ReadonlyMap<string, TypeInSubgraph>;

function formatOf(directive: ConstDirectiveNode): string {
  return stringArgument(directive, 'format') ?? '';
}

function checkTypeTag(typeName: string, { keys }: TypeInSubgraph, text: string): readonly Wrong[] {
  if (keys.length === 0)
    return [
      [
        'is on a type without a @key, which is cached as a part of others',
        'put it on an entity, or on a field of Query',
      ],
    ];
  return checkFormat(text, (reference) => {
    const { source, path } = reference;
    if (source !== 'key')
      return [`has ${referenceText(reference)}, which a type does not have`, 'write {$key.…} of its @key'];
    const missing = keys.find((key) => !key.some((leaf) => leaf.join('.') === path.join('.')));
    if (missing === undefined) return undefined;
    const common = keys[0]?.filter((leaf) =>
      keys.every((key) => key.some((each) => each.join('.') === leaf.join('.'))),
    );
    return [
      `has ${referenceText(reference)}, which is not in every @key of ${typeName}: not in "${missing.map((leaf) => leaf.join('.')).join(' ')}"`,
      common === undefined || common.length === 0
        ? 'write a format without keys: no field is in every @key'
        : `write ${common.map((leaf) => `{$key.${leaf.join('.')}}`).join(' or ')}`,
    ];
  });
}

function checkFieldTag(typeName: string, field: FieldInSubgraph, text: string, types: Types): readonly Wrong[] {
  if (typeName !== 'Query')
    return [
      ['is on a field that is not of Query', 'put it on the entity type, or on the field of Query that reads it'],
    ];
  return checkFormat(text, (reference) =>
    reference.source === 'args'
      ? checkArgument(field, reference, types)
      : [`has ${referenceText(reference)}, which a field of Query does not have`, 'write {$args.…} of its arguments'],
  );
}

function checkInvalidates(
  typeName: string,
  field: FieldInSubgraph,
  directive: ConstDirectiveNode,
  types: Types,
): readonly Wrong[] {
  if (typeName !== 'Mutation')
    return [['is on a field that is not of Mutation', 'put it on the mutation that changes it']];
  const tags = tagsOf(directive);
  if (tags.length === 0) return [['names no tags', 'write the tags, or remove the directive']];
  return tags.flatMap((text) =>
    checkFormat(text, (reference) => {
      if (reference.source === 'args') return checkArgument(field, reference, types);
      if (reference.source === 'result') return checkResult(field, reference, types);
      return [
        `has ${referenceText(reference)}, which a field of Mutation does not have`,
        'write {$args.…} or {$result.…}',
      ];
    }),
  );
}

function checkFormat(text: string, check: (reference: FormatReference) => Wrong | undefined): readonly Wrong[] {
  const format = parseTagFormat(text);
  if (typeof format === 'string')
    return [[format, 'write a text with references in braces, such as product-{$key.id}']];
  return format.flatMap((part) => {
    const wrong = typeof part === 'string' ? undefined : check(part);
    return wrong === undefined ? [] : [wrong];
  });
}

function checkArgument(field: FieldInSubgraph, reference: FormatReference, types: Types): Wrong | undefined {
  const [first = '', ...rest] = reference.path;
  const args = argumentsOf(field);
  const argument = args.find(({ name }) => name.value === first);
  if (argument === undefined) {
    const names = args.map(({ name }) => name.value);
    return [
      `has ${referenceText(reference)}, which is no argument of the field${didYouMean(first, names)}`,
      names.length === 0 ? 'write a format without arguments' : `name one of ${names.join(', ')}`,
    ];
  }
  return checkPath(reference, namedType(argument.type), rest, types);
}

function checkResult(field: FieldInSubgraph, reference: FormatReference, types: Types): Wrong | undefined {
  return checkPath(reference, namedType(field.type), reference.path, types);
}

/** Whether the path leads through fields of the type to a value. */
function checkPath(
  reference: FormatReference,
  typeName: string,
  path: readonly string[],
  types: Types,
): Wrong | undefined {
  const type = types.get(typeName);
  const [step, ...rest] = path;
  if (step === undefined) {
    if (type === undefined || type.fields.size === 0) return undefined;
    return [
      `has ${referenceText(reference)}, which is an object`,
      `name one of its fields: ${[...type.fields.keys()].join(', ')}`,
    ];
  }
  const field = type?.fields.get(step);
  if (field !== undefined) return checkPath(reference, namedType(field.type), rest, types);
  const names = [...(type?.fields.keys() ?? [])];
  return [
    `has ${referenceText(reference)}, but ${typeName} has no field "${step}"${didYouMean(step, names)}`,
    names.length === 0 ? 'end the path before it' : `name one of ${names.join(', ')}`,
  ];
}

function referenceText({ source, path }: FormatReference): string {
  return `{$${source}.${path.join('.')}}`;
}
