/** Rules for subgraphs that compose and yet do not do what their owner expects. */
import { Kind, type TypeNode, visit } from 'graphql';
import { namedType } from '../../../../documents/index.ts';
import { importsOf, linksOf, stringArgument } from '../../../../supergraph/index.ts';
import type { LintFinding } from '../lint-finding.ts';
import { fieldsAlong, lineOf, type SubgraphDocument, type SubgraphType } from './subgraph-document.ts';

type Rule = (subgraph: SubgraphDocument) => readonly LintFinding[];

/** An entity is found by comparing keys: two lists are equal only item by item, in order. */
const keyOfList: Rule = ({ types }) =>
  keyFields(types).flatMap(({ type, key, coordinate, fieldType }) => {
    if (!hasList(fieldType)) return [];
    const message = `the key "${key.text}" of ${type.name} has the list ${coordinate}: the same items in another order are another key`;
    return [
      finding('key-of-list', key.line, coordinate, message, 'key it by a scalar, such as an id made of the items'),
    ];
  });

/** An object whose key is null cannot be read from any other subgraph. */
const nullableKey: Rule = ({ types }) =>
  keyFields(types).flatMap(({ type, key, coordinate, fieldType }) => {
    if (fieldType.kind === Kind.NON_NULL_TYPE) return [];
    const message = `${coordinate} is in the key "${key.text}" of ${type.name} and may be null: such an object cannot be read from another subgraph`;
    return [finding('nullable-key', key.line, coordinate, message, `make ${coordinate} non-null`)];
  });

/** The entity's own subgraph says whether it exists; where it is gone, a non-null reference takes its parent with it. */
const nonNullReference: Rule = ({ types }) =>
  [...types.values()].flatMap((type) =>
    [...type.fields.values()].flatMap((field) => {
      const entity = types.get(namedType(field.type));
      if (field.type.kind !== Kind.NON_NULL_TYPE || entity === undefined || !isStub(entity)) return [];
      if (hasList(field.type) || type.externalFields.has(field.name.value)) return [];
      const coordinate = `${type.name}.${field.name.value}`;
      const message = `${coordinate} is never null, and another subgraph says whether the ${entity.name} exists: where it does not, ${type.name} is null too`;
      return [finding('non-null-reference', lineOf(field), coordinate, message, 'take the ! off')];
    }),
  );

/** Fields that other subgraphs cannot come to: no key of this subgraph resolves. */
const unresolvableFields: Rule = ({ types }) =>
  [...types.values()].flatMap((type) => {
    if (type.keys.length === 0 || type.keys.some(({ isResolvable }) => isResolvable)) return [];
    const fields = ownFields(type);
    if (fields.length === 0) return [];
    const message = `${type.name} has ${fields.join(', ')} here, and no key by which other subgraphs could read them`;
    const suggestedFix =
      'take "resolvable: false" off a key and resolve it, or leave the fields to the subgraph that resolves it';
    return [finding('unresolvable-fields', type.line, type.name, message, suggestedFix)];
  });

const unusedImport: Rule = ({ document }) => {
  const used = new Set<string>();
  visit(document, {
    Directive: ({ name }) => void used.add(`@${name.value}`),
    NamedType: ({ name }) => void used.add(name.value),
  });
  return linksOf(document).flatMap((link) => {
    // Composition reads @composeDirective's argument; what it names is used.
    const unused = importsOf(link).filter(({ as }) => !used.has(as));
    const url = stringArgument(link, 'url') ?? '';
    return unused.map(({ as }) =>
      finding('unused-import', lineOf(link), undefined, `${as} is imported from ${url} and not used`, 'take it out'),
    );
  });
};

/** Without a link, a schema is composed by the rules of federation 1: every field of its value types is shareable. */
const federation1: Rule = ({ document }) => {
  const isLinked = linksOf(document).some((link) =>
    stringArgument(link, 'url')?.startsWith('https://specs.apollo.dev/federation/'),
  );
  if (isLinked) return [];
  const suggestedFix =
    'begin with: extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable"])';
  const message = 'the schema links no version of federation 2, and is composed by the looser rules of federation 1';
  return [finding('federation-1', 1, undefined, message, suggestedFix)];
};

/** By their names, without `federation/`. */
export const federationRules = {
  'federation-1': federation1,
  'unused-import': unusedImport,
  'key-of-list': keyOfList,
  'nullable-key': nullableKey,
  'non-null-reference': nonNullReference,
  'unresolvable-fields': unresolvableFields,
} as const satisfies Readonly<Record<string, Rule>>;

function finding(
  rule: keyof typeof federationRules,
  line: number | undefined,
  coordinate: string | undefined,
  message: string,
  suggestedFix: string,
): LintFinding {
  return { rule: `federation/${rule}`, severity: 'warning', message, line, coordinate, suggestedFix };
}

function keyFields(types: SubgraphDocument['types']) {
  return [...types.values()].flatMap((type) =>
    type.keys.flatMap((key) =>
      key.paths.flatMap((path) =>
        fieldsAlong(types, type.name, path).map(({ coordinate, field }) => {
          return { type, key, coordinate, fieldType: field.type };
        }),
      ),
    ),
  );
}

function hasList(type: TypeNode): boolean {
  return type.kind === Kind.LIST_TYPE || (type.kind === Kind.NON_NULL_TYPE && hasList(type.type));
}

/** An entity of which this subgraph knows the key and nothing else. */
function isStub(type: SubgraphType): boolean {
  return type.keys.length > 0 && ownFields(type).length === 0;
}

/** Those that are neither part of a key nor another subgraph's. */
function ownFields({ fields, externalFields, keys }: SubgraphType): readonly string[] {
  const inKeys = new Set(keys.flatMap(({ paths }) => paths.map(([first = '']) => first)));
  return [...fields.keys()].filter((name) => !inKeys.has(name) && !externalFields.has(name));
}
